import { clopperPearsonUpper } from "../src/cascade/bounds.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { compare } from "./comparison.ts";
import {
  BUDGET,
  type ClaimedRate,
  type CoverageTrial,
  coverageOf,
  coverageTrial,
  type DriftTrial,
  driftTrial,
  FPS,
  GATES_ONLY,
  RISE,
} from "./synthetic-cascades.ts";

const TRIALS = 200;
const TRIALS_QUICK = 20;
const COVERAGE_SIZES = { tuning: 30_000, heldOut: 40_000, truth: 300_000 };
const DRIFT_SIZES = { tuning: 30_000, heldOut: 45_000, truth: 150_000, after: 2_000_000 };
const AUDIT_SHARE = 0.005;
/** Days of video of each drifting camera before it drifts. */
const DAYS_BEFORE = 0.1;
const FRAMES_PER_DAY = 86_400 * FPS;
const COVERAGE_MIN = 93;
const NOTICED_AFTER_MAX = 300;
const FALSE_ALARMS_MAX = 1;
/** Share of the cascades, in percent: as many as bounds of 95 % promise. */
const RECOVERED_MIN = 95;

/** Whether bounds are as good as they say, and whether drift is noticed; on synthetic cameras. */
export const cascadeBounds: Benchmark = {
  name: "cascade-bounds",
  summary: "a cascade's error bounds and its audit, on synthetic cameras with correlated errors",
  run: async (options) => [...coverage(options), ...drift(options)],
};

function coverage(options: BenchmarkOptions): Comparison[] {
  return [
    coverageIn("cascades", options, (seed) => coverageTrial(seed, COVERAGE_SIZES)),
    coverageIn("cascades without a network", options, (seed) =>
      coverageTrial(seed, COVERAGE_SIZES, GATES_ONLY),
    ),
  ];
}

function coverageIn(
  what: string,
  { quick, progress }: BenchmarkOptions,
  trial: (seed: number) => CoverageTrial | null,
): Comparison {
  const count = quick ? TRIALS_QUICK : TRIALS;
  const trials = collect(count, 1, trial, progress);
  const covered = (of: (trial: CoverageTrial) => ClaimedRate): number =>
    100 * coverageOf(trials.map(of));
  const naive = (of: (trial: CoverageTrial) => ClaimedRate): number =>
    100 * coverageOf(trials.map(of).map(asIfIndependent));
  const both = (share: typeof covered): number[] => [
    share(({ falseNegatives }) => falseNegatives),
    share(({ falsePositives }) => falsePositives),
  ];
  const holding = trials.filter(({ holds }) => holds);
  const broken = holding.filter(
    ({ falseNegatives, falsePositives }) =>
      falseNegatives.rate > BUDGET.falseNegatives || falsePositives.rate > BUDGET.falsePositives,
  );
  return compare({
    title: `simulated: bounds that hold, of ${count} ${what}; false negatives, false positives`,
    unit: "%",
    better: "higher",
    ways: [
      { name: "as reported, 95 %", values: both(covered) },
      { name: "as if frames were independent", values: both(naive) },
      { name: "at least wanted", values: [COVERAGE_MIN, COVERAGE_MIN] },
    ],
    claims: [{ of: "as reported, 95 %", to: "at least wanted", atLeast: 1 }],
    notes: [
      `as reported: ${formatBoth(both(covered))}; as if independent: ${formatBoth(both(naive))}`,
      `${holding.length} of ${count} were accepted for 1 %; ${broken.length} of these break it`,
    ],
  });
}

function formatBoth([falseNegatives = 0, falsePositives = 0]: readonly number[]): string {
  return `${falseNegatives.toFixed(1)} % of false negatives, ${falsePositives.toFixed(1)} % of positives`;
}

/** The bound that a binomial distribution over all frames would give. */
function asIfIndependent({ rate, bound }: ClaimedRate): ClaimedRate {
  const upper = clopperPearsonUpper(bound.errors, bound.trials, bound.confidence);
  return { rate, bound: { ...bound, upper } };
}

function drift({ quick, progress }: BenchmarkOptions): Comparison[] {
  const count = quick ? TRIALS_QUICK : TRIALS;
  const before = DAYS_BEFORE * FRAMES_PER_DAY;
  const sizes = { ...DRIFT_SIZES, share: AUDIT_SHARE, before };
  const trials = collect(count, 100_000, (seed) => driftTrial(seed, sizes), progress);
  const perDay = (of: (trial: DriftTrial) => number): number => mean(trials.map(of)) / DAYS_BEFORE;
  const noticed = (kind: "budget" | "bounds"): number =>
    mean(trials.map(({ noticedAfter }) => noticedAfter[kind]));
  const within = trials.filter(
    ({ recovered }) =>
      recovered.falseNegatives <= BUDGET.falseNegatives &&
      recovered.falsePositives <= BUDGET.falsePositives,
  );
  const back = trials.filter(({ cameBack }) => cameBack).length;
  const audits = `${FPS} frames/s, ${100 * AUDIT_SHARE} % audited`;
  return [
    compare({
      title: `simulated, ${audits}: audited frames until a rise of the error is noticed`,
      unit: "frames",
      better: "lower",
      ways: [
        { name: `to ${RISE} times the budget of 1 %`, values: [noticed("budget")] },
        { name: `to ${RISE} times the cascade's own bounds`, values: [noticed("bounds")] },
        { name: "at most wanted", values: [NOTICED_AFTER_MAX] },
      ],
      claims: [
        { of: `to ${RISE} times the budget of 1 %`, to: "at most wanted", atLeast: 1 },
        { of: `to ${RISE} times the cascade's own bounds`, to: "at most wanted", atLeast: 1 },
      ],
      notes: ["bounds lie below the budget, often at 0.2 %: five times that is few errors to see"],
    }),
    compare({
      title: `simulated, ${audits}: false alarms a day of video`,
      unit: "alarms",
      better: "lower",
      ways: [
        { name: "camera as it was", values: [perDay(({ falseAlarms }) => falseAlarms.unchanged)] },
        { name: "as bad as promised", values: [perDay(({ falseAlarms }) => falseAlarms.worst)] },
        { name: "at most wanted", values: [FALSE_ALARMS_MAX] },
      ],
      claims: [
        { of: "camera as it was", to: "at most wanted", atLeast: 1 },
        { of: "as bad as promised", to: "at most wanted", atLeast: 1 },
      ],
      notes: [`over ${DAYS_BEFORE * count} days of video each`],
    }),
    compare({
      title: "simulated: cascades within 1 % again after the rise",
      unit: "%",
      better: "higher",
      ways: [
        { name: "by themselves", values: [(100 * within.length) / count] },
        { name: "at least wanted", values: [RECOVERED_MIN] },
      ],
      claims: [{ of: "by themselves", to: "at least wanted", atLeast: 1 }],
      notes: [`${back} with a new cascade, ${count - back} with the reference model alone`],
    }),
  ];
}

/** So many trials that came to something, from consecutive seeds. */
function collect<T>(
  count: number,
  firstSeed: number,
  trial: (seed: number) => T | null,
  progress: BenchmarkOptions["progress"],
): T[] {
  const trials: T[] = [];
  for (let seed = firstSeed; trials.length < count; seed += 1) {
    const one = trial(seed);
    if (one === null) continue;
    trials.push(one);
    if (trials.length % 20 === 0) progress(`${trials.length} of ${count} synthetic cameras`);
  }
  return trials;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
