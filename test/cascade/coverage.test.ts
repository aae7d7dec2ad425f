import { describe, expect, test } from "bun:test";
import {
  BUDGET,
  coverageOf,
  coverageTrial,
  driftTrial,
  FPS,
  GATES_ONLY,
} from "../../bench/synthetic-cascades.ts";

const LIMIT_MS = 300_000;
const DAY = 86_400 * FPS;

/** So many trials that came to something. */
function collect<T>(count: number, firstSeed: number, trial: (seed: number) => T | null): T[] {
  const found: T[] = [];
  for (let seed = firstSeed; found.length < count; seed += 1) {
    const one = trial(seed);
    if (one !== null) found.push(one);
  }
  return found;
}

/** Cameras drawn at random, with errors in bunches; `bun run bench cascade-bounds` takes longer. */
describe("synthetic cascades", () => {
  test(
    "of 200 cascades at least 93 % err no more often than their 95 % bounds say",
    () => {
      const sizes = { tuning: 15_000, heldOut: 20_000, truth: 60_000 };
      const trials = collect(200, 20_000, (seed) => coverageTrial(seed, sizes));
      expect(coverageOf(trials.map((trial) => trial.falseNegatives))).toBeGreaterThanOrEqual(0.93);
      expect(coverageOf(trials.map((trial) => trial.falsePositives))).toBeGreaterThanOrEqual(0.93);
      // Bounds of 100 % would cover everything: these claim something.
      const widths = trials.map((trial) => trial.falsePositives.bound.upper).sort((a, b) => a - b);
      expect(widths[100]).toBeLessThan(0.01);
    },
    LIMIT_MS,
  );

  test(
    "so do at least 93 % of 200 without a network",
    () => {
      const sizes = { tuning: 15_000, heldOut: 20_000, truth: 60_000 };
      const trials = collect(200, 30_000, (seed) => coverageTrial(seed, sizes, GATES_ONLY));
      expect(coverageOf(trials.map((trial) => trial.falseNegatives))).toBeGreaterThanOrEqual(0.93);
      expect(coverageOf(trials.map((trial) => trial.falsePositives))).toBeGreaterThanOrEqual(0.93);
      // By appearances alone the half of them would be bounded by 4 % at least.
      const widths = trials.map((trial) => trial.falsePositives.bound.upper).sort((a, b) => a - b);
      expect(widths[100]).toBeLessThan(0.01);
    },
    LIMIT_MS,
  );

  test(
    "drift to five times the budget is noticed within 300 audited frames, and put right",
    () => {
      const spans = { tuning: 30_000, heldOut: 45_000, truth: 100_000 };
      const sizes = { ...spans, share: 0.005, before: DAY / 10, after: 500_000 };
      const trials = collect(15, 40_000, (seed) => driftTrial(seed, sizes));
      const mean = (values: readonly number[]): number =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean(trials.map(({ noticedAfter }) => noticedAfter.budget))).toBeLessThan(300);
      expect(10 * mean(trials.map(({ falseAlarms }) => falseAlarms.unchanged))).toBeLessThan(1);
      const broken = trials.filter(
        ({ recovered }) =>
          recovered.falseNegatives > BUDGET.falseNegatives ||
          recovered.falsePositives > BUDGET.falsePositives,
      );
      // One in twenty bounds may be wrong.
      expect(broken.length).toBeLessThanOrEqual(1);
      expect(trials.filter(({ cameBack }) => cameBack).length).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );
});
