import type { CalibrationGoal, Candidate, Interval } from "./calibration.ts";

/** A difference of more than this share of the value is never called noise by `isHigher`. */
const NOISE_SHARE_MAX = 0.02;
/**
 * The same for larger calls, which cost latency: a device that finds out by itself whether they
 * gain asks for as much (see `batchGain`).
 */
const BATCH_NOISE_SHARE_MAX = 0.25;

/**
 * Whether the first is above the second by more than noise: by more than the halves of their
 * intervals, added as independent errors are.
 */
export function isClearlyHigher(a: Interval, b: Interval): boolean {
  return a.mean - b.mean > noiseOf(a, b);
}

/** The same, noise counting for 2 % at most; see `chooseAgainst` for a busy machine. */
export function isHigher(a: Interval, b: Interval): boolean {
  return isHigherBy(NOISE_SHARE_MAX, a, b);
}

function isHigherBy(noiseShareMax: number, a: Interval, b: Interval): boolean {
  return a.mean - b.mean > Math.min(noiseOf(a, b), noiseShareMax * b.mean);
}

function noiseOf(a: Interval, b: Interval): number {
  return Math.hypot(a.mean - a.low, b.high - b.mean);
}

/**
 * The best combination that was measured.
 *
 * - `throughput`: the highest; of those it does not beat by more than noise, the one of the fewest
 *   instances. So a replica is kept only where throughput rises by more than noise. Larger calls
 *   are compared after smaller ones: every frame waits for its whole call, so that they must be
 *   better by all of the noise, or by a quarter.
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
  let chosen: Candidate | undefined;
  for (const batch of [...new Set(candidates.map(largestBatch))].sort((a, b) => a - b)) {
    const best = fewestOfBest(candidates.filter((one) => largestBatch(one) === batch));
    const isWorthIt =
      chosen === undefined ||
      (best !== undefined &&
        isHigherBy(BATCH_NOISE_SHARE_MAX, best.throughput_fps, chosen.throughput_fps));
    if (isWorthIt) chosen = best;
  }
  return chosen;
}

/** The fewest instances that are not beaten by more than noise. */
function fewestOfBest(candidates: readonly Candidate[]): Candidate | undefined {
  const best = minBy(candidates, (candidate) => -candidate.throughput_fps.mean);
  const alike = candidates.filter(
    (one) => best === undefined || !isHigher(best.throughput_fps, one.throughput_fps),
  );
  const fewest = leastOf(alike, ({ instances }) => instances.length);
  return minBy(fewest, (candidate) => -candidate.throughput_fps.mean);
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
