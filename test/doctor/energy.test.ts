import { describe, expect, test } from "bun:test";
import { openEnergyMeter } from "../../src/doctor/energy.ts";
import { fakeSystem } from "../backend/fake-system.ts";

const RAPL = "/sys/class/powercap";

/** Two packages; the part of one must not be counted beside it. */
const files = (): Record<string, string> => ({
  [`${RAPL}/intel-rapl/enabled`]: "1\n",
  [`${RAPL}/intel-rapl:0/energy_uj`]: "1000000\n",
  [`${RAPL}/intel-rapl:0/max_energy_range_uj`]: "10000000\n",
  [`${RAPL}/intel-rapl:0:0/energy_uj`]: "777\n",
  [`${RAPL}/intel-rapl:1/energy_uj`]: "9000000\n",
  [`${RAPL}/intel-rapl:1/max_energy_range_uj`]: "10000000\n",
});

describe("openEnergyMeter()", () => {
  test("adds up the packages, across the end of a counter's range", () => {
    const counters = files();
    const { meter } = openEnergyMeter(fakeSystem(counters));
    expect(meter?.joules()).toBe(0);
    counters[`${RAPL}/intel-rapl:0/energy_uj`] = "3500000";
    // 9 J → 1 J in a range of 10 J: 2 J.
    counters[`${RAPL}/intel-rapl:1/energy_uj`] = "1000000";
    expect(meter?.joules()).toBeCloseTo(4.5, 9);
    counters[`${RAPL}/intel-rapl:1/energy_uj`] = "1500000";
    expect(meter?.joules()).toBeCloseTo(5, 9);
  });

  test("says which file this user may not read", () => {
    const { [`${RAPL}/intel-rapl:1/energy_uj`]: _, ...rest } = files();
    const { meter, remedy } = openEnergyMeter(fakeSystem(rest));
    expect(meter).toBeNull();
    expect(remedy).toContain(`sudo chmod a+r ${RAPL}/intel-rapl:1/energy_uj`);
  });

  test("says what else there is where a machine has no counters", () => {
    expect(openEnergyMeter(fakeSystem({})).remedy).toContain("power meter");
    const mac = openEnergyMeter(fakeSystem({}, { platform: "darwin" }));
    expect(mac.remedy).toContain("sudo powermetrics");
  });
});
