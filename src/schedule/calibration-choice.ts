import type { CalibrationGoal, Candidate, Interval } from "./calibration.ts";

/** A difference of more than this share of the value is never called noise by `isHigher`. */
const NOISE_SHARE_MAX = 0.02;

/**
 * Whether the first is above the second by more than noise: by more than the halves of their
 * intervals, added as independent errors are.
 */
export function isClearlyHigher(a: Interval, b: Interval): boolean {
  return a.mean - b.mean > noiseOf(a, b);
}

/** The same, noise counting for 2 % at most: on a busy machine the better mean is better. */
export function isHigher(a: Interval, b: Interval): boolean {
  return a.mean - b.mean > Math.min(noiseOf(a, b), NOISE_SHARE_MAX * b.mean);
}

function noiseOf(a: Interval, b: Interval): number {
  return Math.hypot(a.mean - a.low, b.high - b.mean);
}

/**
 * The best combination that was measured.
 *
 * - `throughput`: the highest; of those it does not beat by more than noise, the one of the smallest
 *   batch, as every frame waits for its whole call, and then of the fewest instances. So a replica is
 *   kept only where throughput rises by more than noise, and larger calls only where that is clear.
 * - `latency`: the lowest of the smallest batch, as no larger call is quicker; of those it does not
 *   beat by more than noise, the best for throughput.
 *
 * Pure. Undefined where there are no candidates.
 */
export function chooseCandidate(
  candidates: readonly Candidate[],
  goal: CalibrationGoal,
): Candidate | undefined {
  if (goal === "latency") {
    const single = leastOf(candidates, largestBatch);
    const best = minBy(single, (candidate) => candidate.latency_ms.interval.mean);
    const alike = single.filter(
      (one) => best === undefined || !isHigher(one.latency_ms.interval, best.latency_ms.interval),
    );
    return chooseCandidate(alike, "throughput");
  }
  const best = minBy(candidates, (candidate) => -candidate.throughput_fps.mean);
  const alike = candidates.filter((one) => best === undefined || !isWorthMore(best, one));
  const modest = leastOf(leastOf(alike, largestBatch), ({ instances }) => instances.length);
  return minBy(modest, (candidate) => -candidate.throughput_fps.mean);
}

/** Larger calls cost latency: that they bring more must be clear. */
function isWorthMore(best: Candidate, one: Candidate): boolean {
  const isBetter = largestBatch(best) > largestBatch(one) ? isClearlyHigher : isHigher;
  return isBetter(best.throughput_fps, one.throughput_fps);
}

function largestBatch({ instances }: Candidate): number {
  return Math.max(...instances.map(({ batch }) => batch));
}

/** Those of the least value. */
function leastOf<T>(items: readonly T[], value: (item: T) => number): readonly T[] {
  const least = Math.min(...items.map(value));
  return items.filter((item) => value(item) === least);
}

/**
 * Highest throughput k replicas of one device can reach: X(k) ≤ min(k / ΣDᵢ, 1 / D_max), Dᵢ being
 * the time a frame spends on resource i (Denning and Buzen, "The Operational Analysis of Queueing
 * Network Models", 1978).
 *
 * @param demandsMs time of a frame on each resource, in ms
 * @returns frames a second
 */
export function throughputBoundFps(replicas: number, demandsMs: readonly number[]): number {
  const total = demandsMs.reduce((sum, demand) => sum + demand, 0);
  return Math.min((1000 * replicas) / total, 1000 / Math.max(...demandsMs));
}

/** The item of the smallest value, the first of equals. */
function minBy<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  let best: T | undefined;
  for (const item of items) {
    if (best === undefined || value(item) < value(best)) best = item;
  }
  return best;
}
