import { betaQuantile } from "./beta.ts";
import { effectiveTrials } from "./design-effect.ts";

/** Confidence of every one-sided bound, where nothing else is said. */
export const CONFIDENCE = 0.95;

/** An error rate with what can be claimed of it. */
export interface ErrorBound {
  /** Wrong frames among those that count. */
  readonly errors: number;
  /** Frames that count: those truly present, or those truly absent. */
  readonly trials: number;
  /** errors / trials; 0 where there are no trials. */
  readonly rate: number;
  /** What the trials are worth as independent ones: trials / design effect, and less. */
  readonly effectiveTrials: number;
  /** trials / effectiveTrials, at least 1. */
  readonly designEffect: number;
  /** Separate stretches of frames that count: appearances, where these are frames present. */
  readonly runs: number;
  /** Upper bound of the true rate at `confidence`, one-sided. */
  readonly upper: number;
  readonly confidence: number;
}

/** Frames of a span, one byte each: 1 where it holds. */
export interface ErrorSequence {
  /** Frames that count. */
  readonly trials: Uint8Array;
  /** Frames that count and were answered wrongly. */
  readonly wrong: Uint8Array;
  /**
   * Frames that count and nearly were: wrong ones, and those that laxer thresholds or gates would have
   * answered wrongly. They tell how errors bunch where there are too few. Null where there is
   * nothing to be lax about.
   */
  readonly nearlyWrong: Uint8Array | null;
}

/**
 * Upper bound of an error rate over frames of a video, whose errors come in bunches: Clopper and
 * Pearson's on the effective sample size (Korn and Graubard, "Confidence intervals for proportions
 * with small expected number of positive counts estimated from survey data", Survey Methodology
 * 24, 1998), which is estimated from bunches and blocks of time; see `effectiveTrials`.
 *
 * @example
 * ```ts
 * errorBound({ trials: present, wrong: missed, nearlyWrong: nearlyMissed }).upper; // 0.0083
 * ```
 */
export function errorBound(sequence: ErrorSequence, confidence: number = CONFIDENCE): ErrorBound {
  const { trials, errors, effective, runs } = effectiveTrials(sequence, confidence);
  const rate = trials === 0 ? 0 : errors / trials;
  return {
    errors,
    trials,
    rate,
    effectiveTrials: effective,
    designEffect: trials === 0 ? 1 : trials / effective,
    runs,
    upper: trials === 0 ? 1 : clopperPearsonUpper(rate * effective, effective, confidence),
    confidence,
  };
}

/** A rate over a part of the frames, with its upper bound. */
export interface StratumRate {
  /** Share of all frames that are of this part, 0–1. */
  readonly share: number;
  readonly rate: number;
  readonly upper: number;
}

/**
 * Upper bound of a rate over all frames from the bounds over parts of them that err independently:
 * lower than the sum of these, as not all are wrong to their full extent at once (Zou, Huang and
 * Zhang, "A note on confidence interval estimation for a linear function of binomial proportions",
 * Computational Statistics & Data Analysis 53, 2009).
 *
 * @example
 * ```ts
 * combinedUpper([{ share: 0.5, rate: 0.01, upper: 0.04 }, { share: 0.5, rate: 0.02, upper: 0.06 }]);
 * // 0.015 + √((0.5 · 0.03)² + (0.5 · 0.04)²) = 0.04
 * ```
 */
export function combinedUpper(strata: readonly StratumRate[]): number {
  let rate = 0;
  let squares = 0;
  for (const { share, rate: ofStratum, upper } of strata) {
    rate += share * ofStratum;
    squares += (share * (upper - ofStratum)) ** 2;
  }
  return Math.min(1, rate + Math.sqrt(squares));
}

/**
 * One-sided upper bound of a probability (Clopper and Pearson, "The use of confidence or fiducial
 * limits illustrated in the case of the binomial", Biometrika 26, 1934). Counts may be fractions:
 * those of an effective sample.
 *
 * @param errors 0 to `trials`
 * @param trials independent ones, above 0
 * @throws {RangeError} for counts that cannot be
 */
export function clopperPearsonUpper(
  errors: number,
  trials: number,
  confidence: number = CONFIDENCE,
): number {
  checkCounts(errors, trials);
  return errors >= trials ? 1 : betaQuantile(confidence, errors + 1, trials - errors);
}

/** One-sided lower bound; see `clopperPearsonUpper`. */
export function clopperPearsonLower(
  errors: number,
  trials: number,
  confidence: number = CONFIDENCE,
): number {
  checkCounts(errors, trials);
  return errors <= 0 ? 0 : betaQuantile(1 - confidence, errors, trials - errors + 1);
}

/** Two-sided interval: both one-sided bounds, each with half of what may go wrong. */
export function clopperPearson(
  errors: number,
  trials: number,
  confidence: number = CONFIDENCE,
): { readonly low: number; readonly high: number } {
  const oneSided = (1 + confidence) / 2;
  return {
    low: clopperPearsonLower(errors, trials, oneSided),
    high: clopperPearsonUpper(errors, trials, oneSided),
  };
}

/**
 * Independent trials whose upper bound comes down to `budget` when a share `rate` of them is wrong;
 * infinite where the rate itself is not below it.
 *
 * @param budget above 0, below 1
 */
export function trialsNeeded(
  budget: number,
  rate: number,
  confidence: number = CONFIDENCE,
): number {
  if (!(budget > 0 && budget < 1)) {
    throw new RangeError(`trialsNeeded: budget ${budget} is not between 0 and 1`);
  }
  if (rate >= budget) return Number.POSITIVE_INFINITY;
  const holds = (trials: number): boolean =>
    clopperPearsonUpper(rate * trials, trials, confidence) <= budget;
  let enough = 1;
  while (!holds(enough)) enough *= 2;
  let tooFew = enough / 2;
  while (enough - tooFew > Math.max(0.5, enough * 1e-6)) {
    const middle = (enough + tooFew) / 2;
    if (holds(middle)) enough = middle;
    else tooFew = middle;
  }
  return Math.ceil(enough);
}

function checkCounts(errors: number, trials: number): void {
  if (!(trials > 0 && errors >= 0 && errors <= trials)) {
    throw new RangeError(`${errors} errors of ${trials} trials: need 0 ≤ errors ≤ trials > 0`);
  }
}
