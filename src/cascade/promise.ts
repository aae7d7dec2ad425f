import { combinedUpper, type ErrorBound } from "./bounds.ts";
import type { ErrorCounts } from "./replay.ts";

/** Upper bounds of the error rates among frames answered early: what an audit holds a cascade to. */
export interface CascadePromise {
  /** Of the frames that show the object, 0–1. */
  readonly falseNegatives: number;
  /** Of those that do not, 0–1. */
  readonly falsePositives: number;
  /** Of all of them, 0–1. */
  readonly errorRate: number;
  /** Expected share of them that shows the object, 0–1. */
  readonly presentShare: number;
}

/** What a promise rests on: bounds over all frames, and how many of these are answered early. */
export interface Promised {
  readonly falseNegatives: Pick<ErrorBound, "errors" | "trials" | "upper">;
  readonly falsePositives: Pick<ErrorBound, "errors" | "trials" | "upper">;
  readonly early: Pick<ErrorCounts, "present" | "absent">;
}

/** Rates among frames answered early: the same errors, as the reference model makes none. */
export function cascadePromise({
  falseNegatives,
  falsePositives,
  early,
}: Promised): CascadePromise {
  const frames = early.present + early.absent;
  const among = ({ errors, upper, trials }: Promised["falseNegatives"], count: number) => ({
    share: frames === 0 ? 0 : count / frames,
    rate: count === 0 ? 0 : Math.min(1, errors / count),
    upper: count === 0 ? 1 : Math.min(1, (upper * trials) / count),
  });
  const missed = among(falseNegatives, early.present);
  const alarms = among(falsePositives, early.absent);
  return {
    falseNegatives: missed.upper,
    falsePositives: alarms.upper,
    errorRate: combinedUpper([missed, alarms]),
    presentShare: missed.share,
  };
}
