import { expect, test } from "bun:test";
import type { Cascade } from "../../src/cascade/file/cascade.ts";
import { AipError } from "../../src/errors.ts";
import { tuneFile } from "../../src/learning/tune.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";
import { FRAMES, OBSERVATIONS, tunableCascade } from "./tunable-cascade.ts";

/** What thresholds do on the held-out span, counted here. */
function count({ levels }: Cascade): { fn: number; fp: number; inferred: number } {
  const { truth, scores } = OBSERVATIONS.heldOut;
  const [list = new Float32Array()] = scores;
  const { cLow = 0, cHigh = 1 } = levels.network ?? {};
  const found = { fn: 0, fp: 0, inferred: 0 };
  let last = 0;
  for (const [frame, is] of truth.entries()) {
    if (frame % levels.tSkip === 0) {
      const score = list[frame] as number;
      const isUncertain = score >= cLow && score <= cHigh;
      if (isUncertain) found.inferred += 1;
      last = isUncertain ? is : Number(score > cHigh);
    }
    if (is === 1 && last === 0) found.fn += 1;
    if (is === 0 && last === 1) found.fp += 1;
  }
  return found;
}

test("tuneFile() finds thresholds whose errors are those it validates, within the bounds", () => {
  const tuned = tuneFile(tunableCascade(), { falseNegatives: 0.02, falsePositives: 0.02 });
  const { falseNegatives, falsePositives, answers } = tuned.validation;
  const { fn, fp, inferred } = count(tuned);
  expect(falseNegatives).toMatchObject({ count: fn, of: FRAMES / 5 });
  expect(falsePositives).toMatchObject({ count: fp, of: (4 * FRAMES) / 5 });
  expect(answers.inferred).toBe(inferred);
  expect(falseNegatives.bound).toBeLessThanOrEqual(0.02);
  expect(falsePositives.bound).toBeLessThanOrEqual(0.02);
  expect(falseNegatives.bound).toBeGreaterThan(fn / (FRAMES / 5));
  expect(tuned.budgets).toEqual({ maxFn: 0.02, maxFp: 0.02 });
  expect(tuned.levels.network?.model).toEqual(sampleCascade().levels.network?.model);
});

test("tuneFile() leaves more to the reference model where less may be wrong", () => {
  const lax = tuneFile(tunableCascade(), { falseNegatives: 0.2, falsePositives: 0.2 });
  const strict = tuneFile(tunableCascade(), { falseNegatives: 0.003, falsePositives: 0.003 });
  expect(strict.validation.answers.inferred).toBeGreaterThan(lax.validation.answers.inferred);
  expect(strict.validation.cascadeFps).toBeLessThanOrEqual(lax.validation.cascadeFps);
  expect(lax.front).toContain("<svg");
});

test("tuneFile() can be repeated on what it gave", () => {
  const budget = { falseNegatives: 0.02, falsePositives: 0.02 };
  const once = tuneFile(tunableCascade(), budget);
  const { provenance, ...rest } = tuneFile(once, budget);
  expect(rest).toEqual((({ provenance: _, ...others }) => others)(once));
  expect(provenance.trainedAt).toBe(once.provenance.trainedAt);
});

test("tuneFile() counts how often the held-out span was looked at since the training", () => {
  const budget = { falseNegatives: 0.02, falsePositives: 0.02 };
  const [first, second] = ["2026-11-22T09:30:00.000Z", "2026-11-23T10:00:00.000Z"] as const;
  expect(tunableCascade().provenance.tuned).toBeUndefined();
  const once = tuneFile(tunableCascade(), budget, new Date(first));
  expect(once.provenance.tuned).toEqual({ at: first, count: 1 });
  const twice = tuneFile(once, budget, new Date(second));
  expect(twice.provenance.tuned).toEqual({ at: second, count: 2 });
});

test("tuneFile() keeps what each level saves within the new budgets", () => {
  const budget = { falseNegatives: 0.02, falsePositives: 0.02 };
  const { factors = [], validation, levels } = tuneFile(tunableCascade(), budget);
  const of = (name: string) => factors.find((row) => row.levels === name);
  // 80 ms a frame on one device, and nothing else to do.
  expect(of("reference alone")).toMatchObject({ inferred: 1, holds: true });
  expect(of("reference alone")?.fps).toBeCloseTo(validation.referenceFps, 6);
  const { fps = 0, inferred = 0 } = of("all") ?? {};
  expect(fps).toBeCloseTo(validation.cascadeFps, 6);
  expect(inferred).toBeCloseTo(validation.answers.inferred / validation.frames, 9);
  // No kind of difference was observed, so it adds nothing to any row.
  expect(of("difference")).toMatchObject({ same: "reference alone" });
  expect(levels.difference).toBeNull();
  expect(of("difference, network")).toMatchObject({ same: "network" });
  const strict = tuneFile(tunableCascade(), { falseNegatives: 0.003, falsePositives: 0.003 });
  expect(strict.factors?.find((row) => row.levels === "network")?.fps).toBeLessThan(
    of("network")?.fps ?? 0,
  );
});

test("tuneFile() refuses a cascade without scores", () => {
  const bare = { ...tunableCascade(), observations: null };
  const budget = { falseNegatives: 0.02, falsePositives: 0.02 };
  expect(() => tuneFile(bare, budget)).toThrow(AipError);
});
