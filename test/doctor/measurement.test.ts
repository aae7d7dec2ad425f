import { describe, expect, test } from "bun:test";
import type { DeviceInstance } from "../../src/backend/backend.ts";
import { formatCombination, instanceCount } from "../../src/calibration/combination.ts";
import { VariantFailed } from "../../src/calibration/rig.ts";
import { type MeasureOptions, measureUnits } from "../../src/doctor/measurement.ts";
import { fakeTrials } from "../calibration/fake-devices.ts";

/** As many instances as the text says, else two of a CPU and one of others. */
function plan(device: string): readonly DeviceInstance[] {
  const named = /replicas=(\d+)/.exec(device)?.[1];
  const count = Number(named ?? (device.startsWith("cpu") ? 2 : 1));
  const task = { model: null, onnxRuntimePath: null, simulated: null };
  return Array.from({ length: count }, (_, index) => {
    const kind = device.split(":")[0] as string;
    return { id: `${kind}-${index}`, kind, description: "", weight: 1, expectedMs: 0, task };
  });
}

/** A CPU that takes 10 ms in each of two cores, a GPU that takes 2 ms. */
function options(more: Partial<MeasureOptions> = {}): MeasureOptions {
  return {
    devices: ["cpu", "gpu"],
    asked: ["cpu", "gpu"],
    plan,
    measureMs: 1000,
    open: async () => undefined,
    trial: async (combination) =>
      fakeTrials(combination, (name) =>
        name.startsWith("cpu") ? { aloneMs: 10, sharedMs: 5 } : { aloneMs: 2, sharedMs: 2 },
      ),
    meter: null,
    progress: () => undefined,
    ...more,
  };
}

describe("measureUnits()", () => {
  test("measures one instance, all of a device, and all devices", async () => {
    const { single, alone, together, failures } = await measureUnits(options());
    expect(single.get("cpu")?.latencyMs.p50).toBeCloseTo(10, 6);
    expect(single.get("cpu")?.throughputFps).toBeCloseTo(100, 6);
    expect(alone.get("cpu")?.throughputFps).toBeCloseTo(200, 6);
    expect(alone.get("gpu")?.throughputFps).toBeCloseTo(500, 6);
    expect(together?.throughputFps).toBeCloseTo(700, 6);
    expect(failures.size).toBe(0);
  });

  test("runs everything in turns, three times, and each combination once", async () => {
    const ran: string[] = [];
    const base = options();
    await measureUnits({
      ...base,
      trial: async (combination, sliceMs) => {
        ran.push(formatCombination(combination));
        return base.trial(combination, sliceMs);
      },
    });
    const round = [
      "cpu:replicas=1",
      "cpu:replicas=2",
      "gpu:replicas=1",
      "cpu:replicas=2,gpu:replicas=1",
    ];
    expect(ran).toEqual([...round, ...round, ...round]);
  });

  test("ends after one round where that has taken all the time there is", async () => {
    const ran: string[] = [];
    const base = options({ measureMs: 0 });
    await measureUnits({
      ...base,
      trial: async (combination, sliceMs) => {
        ran.push(formatCombination(combination));
        await Bun.sleep(1);
        return base.trial(combination, sliceMs);
      },
    });
    expect(ran).toHaveLength(4);
  });

  test("a device that fails is named, and the others are measured all the same", async () => {
    const base = options();
    const { alone, together, failures } = await measureUnits({
      ...base,
      trial: async (combination, sliceMs) => {
        const failing = combination.find(({ variant }) => variant.kind === "gpu");
        if (failing !== undefined) throw new VariantFailed(failing.variant, "it is tired");
        return base.trial(combination, sliceMs);
      },
    });
    expect([...failures]).toEqual([["gpu", "it is tired"]]);
    expect(alone.get("cpu")?.throughputFps).toBeCloseTo(200, 6);
    expect(alone.has("gpu")).toBe(false);
    expect(together).toBeNull();
  });

  test("the reference is measured, and runs beside nobody", async () => {
    const { single, together } = await measureUnits(options({ asked: ["gpu"] }));
    expect(single.has("cpu")).toBe(true);
    expect(together).toBeNull();
  });

  test("divides the energy by the frames", async () => {
    let joules = 0;
    // 100 calls a trial and instance: 2 J of each trial are 20 mJ a frame.
    const base = options({ devices: ["gpu"], asked: ["gpu"], meter: { joules: () => joules } });
    const { single } = await measureUnits({
      ...base,
      trial: async (combination, sliceMs) => {
        joules += 2 * instanceCount(combination);
        return base.trial(combination, sliceMs);
      },
    });
    expect(single.get("gpu")?.joulesPerFrame).toBeCloseTo(0.02, 9);
  });
});
