import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import {
  type Combination,
  formatCombination,
  variantsOf,
} from "../../src/calibration/combination.ts";
import {
  measureQuickly,
  type QuickMeasurement,
  sliceMs,
} from "../../src/calibration/quick-rounds.ts";
import { VariantFailed } from "../../src/calibration/rig.ts";
import { fakeTrials } from "./fake-devices.ts";

const END_MS = 2800;
const variants = variantsOf(parseDevices("sim:10ms,sim:40ms"), { cores: 2, lone: [] });
const [quick, slow] = variants.map((variant): Combination => [{ variant, replicas: 1 }]);
if (quick === undefined || slow === undefined) throw new Error("two variants");
const [QUICK, SLOW] = ["sim:10ms:replicas=1", "sim:40ms:replicas=1"];

interface Machine {
  /** Time of a warm call, or why there is none. */
  readonly warm?: (combination: Combination) => number;
  /** Time a trial takes that should take so long. */
  readonly trialMs?: (sliceMs: number) => number;
}

/** Measures on a machine whose clock stands still but for what is measured. */
async function measure(
  combinations: readonly Combination[],
  { warm = () => 10, trialMs = (ms) => ms }: Machine = {},
): Promise<QuickMeasurement & { trials: string[]; released: string[]; elapsedMs: number }> {
  let now = 0;
  const trials: string[] = [];
  const released: string[] = [];
  const measured = await measureQuickly(combinations, END_MS, {
    clockMs: () => now,
    open: async (combination) => [warm(combination)],
    trial: async (combination, ms) => {
      now += trialMs(ms);
      trials.push(formatCombination(combination));
      const callMs = combination === quick ? 10 : 40;
      return fakeTrials(combination, () => ({ aloneMs: callMs, sharedMs: 0.001 }));
    },
    release: async ({ device }) => {
      released.push(device);
    },
  });
  return { ...measured, trials, released, elapsedMs: now };
}

describe("measureQuickly()", () => {
  test("compares in turns, each first in its turn, until the best is clear", async () => {
    const { candidates, trials, leftOut } = await measure([quick, slow]);
    expect(trials).toEqual([QUICK, SLOW, SLOW, QUICK, QUICK, SLOW]);
    expect(candidates.map(({ devices }) => devices)).toEqual([QUICK, SLOW]);
    expect(candidates[0]?.throughput_fps.mean).toBeCloseTo(100, 6);
    expect(leftOut).toEqual([]);
  });

  test("compares nothing where a device is not ready in time, and lets go of it", async () => {
    const { candidates, leftOut, trials, released } = await measure([quick, slow], {
      warm: (combination) => {
        const variant = combination[0]?.variant;
        if (combination === slow && variant !== undefined) {
          throw new VariantFailed(variant, "it was not ready", true);
        }
        return 10;
      },
    });
    expect(candidates).toEqual([]);
    expect(leftOut).toEqual([{ devices: SLOW, reason: "it was not ready" }]);
    expect(released).toEqual(["sim:40ms"]);
    expect(trials).toEqual([QUICK]);
  });

  test("compares the others where a device does not work at all", async () => {
    const { candidates, leftOut } = await measure([quick, slow], {
      warm: (combination) => {
        const variant = combination[0]?.variant;
        if (combination === slow && variant !== undefined) throw new VariantFailed(variant, "no");
        return 10;
      },
    });
    expect(candidates.map(({ devices }) => devices)).toEqual([QUICK]);
    expect(leftOut).toEqual([{ devices: SLOW, reason: "no" }]);
  });

  test("compares nothing where two calls beside others may not be over in time", async () => {
    // Twice two calls of 701 ms are 2804 ms.
    const late = await measure([quick], { warm: () => 701 });
    expect(late).toMatchObject({ candidates: [], trials: [] });
    expect(late.leftOut[0]?.reason).toBe("a frame takes it too long for a quick look");
    expect((await measure([quick], { warm: () => 700 })).trials.length).toBeGreaterThan(0);
  });

  test("one round compares nothing, two do", async () => {
    const busy = await measure([quick, slow], { trialMs: () => 700 });
    expect(busy).toMatchObject({ candidates: [], leftOut: [] });
    expect(busy.trials).toHaveLength(2);
    const less = await measure([quick, slow], { trialMs: () => 600 });
    expect(less.candidates).toHaveLength(2);
    expect(less.trials).toHaveLength(4);
  });

  test("begins no round that would take it beyond its time, if it is like the last", async () => {
    for (const ms of [150, 300, 450, 650]) {
      const { elapsedMs } = await measure([quick, slow], { trialMs: () => ms });
      expect(elapsedMs).toBeLessThan(END_MS);
    }
  });
});

test("sliceMs() is twelve calls of the quickest instance, from 40 to 150 ms", () => {
  expect([[1], [5, 50], [10], [100]].map(sliceMs)).toEqual([40, 60, 120, 150]);
});
