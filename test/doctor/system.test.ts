import { describe, expect, test } from "bun:test";
import type { SystemCommand } from "../../src/backend/system-command.ts";
import { inspectSystem } from "../../src/doctor/system.ts";
import { fakeSystem } from "../backend/fake-system.ts";

const silent: SystemCommand = async () => null;

describe("inspectSystem() on Linux", () => {
  test("reads the system's name, and the flag that a hypervisor sets", async () => {
    const files = {
      "/etc/os-release": 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\n',
      "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu avx2 hypervisor lahf_lm\n",
    };
    expect(await inspectSystem(fakeSystem(files), silent)).toMatchObject({
      chip: "Test CPU",
      arch: "x64",
      cores: 4,
      os: "Ubuntu 24.04.1 LTS",
      virtual: true,
    });
  });

  test("a flag that only contains the word is none", async () => {
    const files = { "/proc/cpuinfo": "flags\t\t: fpu hypervisorless\n" };
    expect((await inspectSystem(fakeSystem(files), silent)).virtual).toBe(false);
  });

  test("what is not told is not known", async () => {
    expect(await inspectSystem(fakeSystem({}), silent)).toMatchObject({
      os: "Linux",
      virtual: null,
    });
    const arm = fakeSystem({ "/proc/cpuinfo": "Features : fp asimd\n" }, { arch: "arm64" });
    expect((await inspectSystem(arm, silent)).virtual).toBeNull();
  });
});

describe("inspectSystem() on macOS", () => {
  const mac = fakeSystem({}, { platform: "darwin", arch: "arm64", cpuModel: "Apple M2 Pro" });

  test("asks sw_vers and sysctl", async () => {
    const answers: Readonly<Record<string, string>> = {
      "sw_vers -productVersion": "15.1\n",
      "sysctl -n kern.hv_vmm_present": "1\n",
    };
    const command: SystemCommand = async (words) => answers[words.join(" ")] ?? null;
    expect(await inspectSystem(mac, command)).toMatchObject({
      chip: "Apple M2 Pro",
      os: "macOS 15.1",
      virtual: true,
    });
  });

  test("what is not told is not known", async () => {
    expect(await inspectSystem(mac, silent)).toMatchObject({ os: "macOS", virtual: null });
  });
});
