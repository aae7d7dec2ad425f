import type { Calibration, Candidate, Interval } from "./calibration.ts";
import { chooseCandidate, isClearlyHigher } from "./calibration-choice.ts";

/** Intervals whose half is more than this share of the mean are those of a busy machine. */
const BUSY_NOISE = 0.25;

/** What was chosen, and how sure that is. */
export interface NoisyChoice {
  /** Undefined where there are no candidates. */
  readonly candidate: Candidate | undefined;
  /**
   * The widest half interval that was looked at, as a share of its mean; null without candidates.
   */
  readonly noise: number | null;
}

/** Half of a 95 % interval as a share of its mean; its lower end may be cut off at 0. */
export function noiseShare({ mean, high }: Interval): number {
  return mean > 0 ? (high - mean) / mean : Number.POSITIVE_INFINITY;
}

/** Whether figures of this noise are those of a busy machine: a difference may be chance. */
export function isBusy(noise: number | null): boolean {
  return noise !== null && noise > BUSY_NOISE;
}

/**
 * The best candidate for throughput; among figures of a busy machine, what is usual unless it is
 * clearly beaten: the best of several noisy means is mostly the luckiest one.
 *
 * @param usual devices of the candidate that most machines do best with; null, or devices that were
 * not measured, for none
 * @param always whether what is usual gives way only to what clearly beats it on a quiet
 *   machine, too
 */
export function chooseAgainst(
  usual: string | null,
  candidates: readonly Candidate[],
  always = false,
): NoisyChoice {
  const best = chooseCandidate(candidates, "throughput");
  if (best === undefined) return { candidate: undefined, noise: null };
  const known = candidates.find(({ devices }) => devices === usual);
  const [fps, usualFps] = [best.throughput_fps, (known ?? best).throughput_fps];
  const noise = Math.max(noiseShare(fps), noiseShare(usualFps));
  const isUsual =
    known !== undefined && (always || isBusy(noise)) && !isClearlyHigher(fps, usualFps);
  return { candidate: isUsual ? known : best, noise };
}

/** The best candidate for latency, of which nothing is usual: it depends on the devices. */
export function chooseQuickest(candidates: readonly Candidate[]): NoisyChoice {
  const candidate = chooseCandidate(candidates, "latency");
  const noise = candidate === undefined ? null : noiseShare(candidate.latency_ms.interval);
  return { candidate, noise };
}

/** One sentence about a calibration of a busy machine; null for one of a quiet machine. */
export function busyNote({ noise }: Pick<Calibration, "noise">): string | null {
  if (noise === null || !isBusy(noise)) return null;
  return (
    "the calibration was made on a busy machine " +
    `(figures are uncertain by ${(100 * noise).toFixed(0)} %): "aip calibrate" repeats it`
  );
}
