import { ServiceEstimate } from "../src/schedule/service-estimate.ts";
import { serviceTimes } from "../src/service-times.ts";
import {
  type Estimator,
  ewma,
  meanAndDeviation,
  medianThenEwma,
  resetByRuns,
} from "./baselines/estimators.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { compare } from "./comparison.ts";

const SERVICE_MS = 20;
const SEED_COUNT = 100;
const SEED_COUNT_QUICK = 10;
/** Answers of a steady device; the first ones are not measured. */
const STEADY_COUNT = 2000;
const WARM_UP_COUNT = 200;
/** A change is known where the estimate is this near. */
const NEAR = 0.15;
/** Answers in which a change must be known; this many where it never is. */
const FOLLOW_COUNT_MAX = 200;
const STALL_FACTOR = 10;
const OURS = "clipped mean, cumulative sums";

const ESTIMATORS: Readonly<Record<string, () => Estimator>> = {
  [OURS]: () => {
    const estimate = new ServiceEstimate();
    return (ms) => estimate.answered(ms);
  },
  "EWMA 0.1": () => ewma(0.1),
  "EWMA 0.3": () => ewma(0.3),
  "median of 5, EWMA 0.3": () => medianThenEwma(5, 0.3),
  "mean and deviation as TCP's": meanAndDeviation,
  "clipped EWMA, 5 on one side": () => resetByRuns(5, 0.22),
};

/** Estimates of a device's service time: steady, quick, and unmoved by a stall. */
export const estimate: Benchmark = {
  name: "estimate",
  summary: "service-time estimates: steady devices, changes of speed, stalls",
  run: (options) => Promise.resolve(run(options)),
};

function run({ quick, progress }: BenchmarkOptions): Comparison[] {
  progress("estimating simulated times");
  const seeds = Array.from({ length: quick ? SEED_COUNT_QUICK : SEED_COUNT }, (_, seed) => seed);
  const comparison = (
    title: string,
    unit: string,
    figure: (make: () => Estimator, seed: number) => number,
  ): Comparison =>
    compare({
      title,
      unit,
      better: "lower",
      ways: Object.entries(ESTIMATORS).map(([name, make]) => ({
        name,
        values: seeds.map((seed) => figure(make, seed)),
      })),
      claims: [],
    });
  return [
    ...[0.1, 0.3, 1].map((cv) =>
      comparison(`steady device, cv ${cv}: error, root mean square`, "%", (make, seed) =>
        steadyError(make(), cv, seed),
      ),
    ),
    ...[2, 0.5].flatMap((factor) =>
      [0, 0.1, 0.3].map((cv) =>
        comparison(
          `${factor} times as long, cv ${cv}: until within ${100 * NEAR} %`,
          "answers",
          (make, seed) => answersToFollow(make(), cv, factor, seed),
        ),
      ),
    ),
    ...[0, 0.3].map((cv) =>
      comparison(`a stall of ${STALL_FACTOR} times, cv ${cv}: moves it by`, "%", (make, seed) =>
        effectOfStall(make(), cv, seed),
      ),
    ),
  ];
}

function times(cv: number, seed: number): () => number {
  const next = serviceTimes({ serviceMs: SERVICE_MS, cv, seed, slowAt: [] });
  return () => next(0);
}

function steadyError(estimator: Estimator, cv: number, seed: number): number {
  const next = times(cv, seed);
  let squares = 0;
  for (let answer = 0; answer < STEADY_COUNT; answer += 1) {
    const error = Math.log(estimator(next()) / SERVICE_MS);
    if (answer >= WARM_UP_COUNT) squares += error * error;
  }
  return 100 * Math.sqrt(squares / (STEADY_COUNT - WARM_UP_COUNT));
}

function answersToFollow(estimator: Estimator, cv: number, factor: number, seed: number): number {
  const next = times(cv, seed);
  for (let answer = 0; answer < WARM_UP_COUNT; answer += 1) estimator(next());
  for (let answer = 1; answer < FOLLOW_COUNT_MAX; answer += 1) {
    const error = Math.log(estimator(factor * next()) / (factor * SERVICE_MS));
    if (Math.abs(error) < NEAR) return answer;
  }
  return FOLLOW_COUNT_MAX;
}

function effectOfStall(estimator: Estimator, cv: number, seed: number): number {
  const next = times(cv, seed);
  let before = 0;
  for (let answer = 0; answer < WARM_UP_COUNT; answer += 1) before = estimator(next());
  return 100 * Math.abs(estimator(STALL_FACTOR * next()) / before - 1);
}
