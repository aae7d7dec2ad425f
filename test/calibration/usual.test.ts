import { describe, expect, test } from "bun:test";
import { formatCombination } from "../../src/calibration/combination.ts";
import { unmeasuredChoice, usualCombinations } from "../../src/calibration/usual.ts";
import { fakeDevice } from "../backend/fake-machine.ts";

const cpu = fakeDevice("cpu");
const ane = fakeDevice("ane");
const gpu = fakeDevice("gpu");

const usual = (devices: Parameters<typeof usualCombinations>[0], cores: number, lone: string[]) =>
  usualCombinations(devices, { cores, lone }).map(formatCombination);

describe("usualCombinations()", () => {
  test("of a CPU: one session a core, or one of all cores", () => {
    expect(usual([cpu], 2, [])).toEqual(["cpu:threads=1:replicas=2", "cpu:threads=2:replicas=1"]);
    expect(usual([cpu], 8, [])).toContain("cpu:threads=2:replicas=4");
    expect(usual([cpu], 1, [])).toEqual(["cpu:threads=1:replicas=1"]);
  });

  test("an accelerator alone, twice, and beside a CPU that leaves it a core", () => {
    expect(usual([cpu, ane], 2, [])).toEqual([
      "cpu:threads=1:replicas=2",
      "cpu:threads=2:replicas=1",
      "ane:replicas=1",
      "ane:replicas=2",
      "cpu:threads=1:replicas=1,ane:replicas=1",
    ]);
    expect(usual([cpu, gpu], 2, ["gpu"])).not.toContain("gpu:replicas=2");
  });

  test("everything together", () => {
    expect(usual([cpu, gpu, ane], 8, []).at(-1)).toBe(
      "cpu:threads=1:replicas=7,gpu:replicas=1,ane:replicas=1",
    );
  });
});

test("unmeasuredChoice() has no more replicas than a device may have, however many cores", () => {
  expect(unmeasuredChoice([cpu], 128)).toBe("cpu:threads=1:replicas=64");
});

test("unmeasuredChoice() is every device, the CPU's cores filled", () => {
  expect(unmeasuredChoice([cpu, gpu], 4)).toBe("cpu:threads=1:replicas=4,gpu:replicas=1");
});

describe("with a model of Core ML, which divides the CPU's work itself", () => {
  const [whole, engine] = ["cpu", "ane"].map((kind) => ({
    ...fakeDevice(kind),
    provider: "CoreML",
  }));
  const devices = [whole, engine].flatMap((device) => device ?? []);

  test("usualCombinations() names no threads", () => {
    expect(usual(devices, 8, [])).toEqual([
      "cpu:replicas=1",
      "ane:replicas=1",
      "ane:replicas=2",
      "cpu:replicas=1,ane:replicas=1",
    ]);
  });

  test("unmeasuredChoice() keeps the Neural Engine busy with two instances", () => {
    expect(unmeasuredChoice(devices, 8)).toBe("cpu:replicas=1,ane:replicas=2");
  });
});
