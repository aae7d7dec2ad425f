import { describe, expect, test } from "bun:test";
import { readPowerState } from "../../src/backend/power-state.ts";
import type { SystemCommand } from "../../src/backend/system-command.ts";
import { powerNotes } from "../../src/metrics/power-state.ts";
import { fakeSystem } from "./fake-system.ts";

const mac = fakeSystem({}, { platform: "darwin", arch: "arm64" });

/** Written after published output of these commands: no Mac has been seen here. */
const answers: Readonly<Record<string, string>> = {
  "pmset -g batt": `Now drawing from 'Battery Power'
 -InternalBattery-0 (id=4653155)\t87%; discharging; 6:12 remaining present: true
`,
  "pmset -g": `System-wide power settings:
Currently in use:
 standby              1
 lowpowermode         1
 hibernatemode        3
`,
  "notifyutil -g com.apple.system.thermalpressurelevel":
    "com.apple.system.thermalpressurelevel 2\n",
};
const command: SystemCommand = async (words) => answers[words.join(" ")] ?? null;

describe("readPowerState() on macOS", () => {
  test("reads supply, low-power mode and thermal pressure", async () => {
    expect(await readPowerState(mac, command)).toEqual({
      source: "battery",
      low_power: true,
      thermal: "heavy",
      temperature_c: null,
    });
  });

  test("knows nothing where the commands say nothing", async () => {
    expect(await readPowerState(mac, async () => null)).toEqual({
      source: null,
      low_power: null,
      thermal: null,
      temperature_c: null,
    });
  });
});

describe("readPowerState() on Linux", () => {
  const zone = "/sys/class/thermal/thermal_zone0";
  const files = {
    "/sys/class/power_supply/AC/type": "Mains\n",
    "/sys/class/power_supply/AC/online": "1\n",
    "/sys/class/power_supply/BAT0/type": "Battery\n",
    "/sys/class/power_supply/BAT0/status": "Full\n",
    "/sys/firmware/acpi/platform_profile": "balanced\n",
    [`${zone}/temp`]: "61500\n",
    [`${zone}/trip_point_0_type`]: "active\n",
    [`${zone}/trip_point_0_temp`]: "50000\n",
    [`${zone}/trip_point_1_type`]: "passive\n",
    [`${zone}/trip_point_1_temp`]: "90000\n",
    "/sys/class/thermal/cooling_device0/type": "Processor\n",
  };

  test("reads supply, profile and the hottest zone; fans at work are no pressure", async () => {
    expect(await readPowerState(fakeSystem(files))).toEqual({
      source: "mains",
      low_power: false,
      thermal: "nominal",
      temperature_c: 61.5,
    });
  });

  test("a zone at the point from which the kernel slows it is under pressure", async () => {
    const hot = { ...files, [`${zone}/temp`]: "90000" };
    expect((await readPowerState(fakeSystem(hot))).thermal).toBe("heavy");
  });

  test("an unplugged machine runs on its battery", async () => {
    const unplugged = {
      ...files,
      "/sys/class/power_supply/AC/online": "0",
      "/sys/class/power_supply/BAT0/status": "Discharging",
    };
    expect((await readPowerState(fakeSystem(unplugged))).source).toBe("battery");
  });

  test("a machine that tells nothing has nothing known of it", async () => {
    const state = await readPowerState(fakeSystem({}));
    expect(Object.values(state)).toEqual([null, null, null, null]);
  });
});

describe("powerNotes()", () => {
  test("names what slows the machine", () => {
    const notes = powerNotes({
      source: "battery",
      low_power: true,
      thermal: "heavy",
      temperature_c: 99,
    });
    expect(notes).toHaveLength(3);
    expect(notes.join()).toContain("thermal pressure heavy");
  });

  test("says nothing of a machine at its full speed, or of one that tells nothing", () => {
    expect(
      powerNotes({ source: "mains", low_power: false, thermal: "nominal", temperature_c: 60 }),
    ).toEqual([]);
    expect(
      powerNotes({ source: null, low_power: null, thermal: null, temperature_c: null }),
    ).toEqual([]);
  });
});
