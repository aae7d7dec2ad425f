import { CONFIDENCE, clopperPearsonUpper, type ErrorBound } from "./bounds.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Footage, OperatingPoint, PreparedSearch, SearchSpace } from "./search-space.ts";
import type { ErrorBudget } from "./types.ts";
import type { WindowOptions } from "./windows.ts";

/** With each turn so much of the error allowed in tuning is left. */
const TIGHTENING = 0.75;
/** After so many turns (to 1 %) nothing may be wrong in tuning. */
const TURNS_MAX = 16;
/** Scales of the scores' tails that thresholds keep away from them at most: e⁻⁴ of it is beyond. */
const CAUTION_MAX = 4;
/** Normal quantile of 80 %: how sure tuning is that the held-out span will confirm it. */
const FORESIGHT_QUANTILE = 0.84;

/** Both kinds of error. */
export const KINDS = ["falseNegatives", "falsePositives"] as const;

export interface OptimizeOptions {
  /** Footage on which thresholds are chosen. */
  readonly tuning: Footage;
  /** Later footage, which nothing was chosen on: the bounds come from it. */
  readonly heldOut: Footage;
  readonly space: SearchSpace;
  readonly budget: ErrorBudget;
  readonly windows: WindowOptions;
  /** Of the bounds. Default 0.95. */
  readonly confidence?: number;
}

/** What tuning has chosen, as seen where it was chosen: too good. */
export interface Tuned {
  readonly tuning: Evaluation;
  /** Combinations of levels that were searched, and those that could not be cheaper. */
  readonly searched: number;
  readonly pruned: number;
}

/** Says what a point does on a span. */
export type Evaluate = (point: OperatingPoint) => Evaluation;

/**
 * The cheapest cascade that the held-out span will probably confirm to be within `aim`. What may be
 * wrong in tuning is lessened until it will; and where nothing is wrong there any more, thresholds
 * move away from the scores they nearly got wrong: of n frames none says that fewer than one in n of
 * others will be worse.
 *
 * @param evaluate on the tuning span
 * @returns null where nothing in the space errs so little
 */
export function tuneFor(
  aim: ErrorBudget,
  options: OptimizeOptions,
  search: PreparedSearch,
  evaluate: Evaluate,
): Tuned | null {
  const { tuning, heldOut } = options;
  const trials = countsOf(tuning);
  const trialsToCome = countsOf(heldOut);
  const allowed = { ...aim };
  const caution = { falseNegatives: 0, falsePositives: 0 };
  for (let turn = 0; ; turn += 1) {
    const cheapest = search.cheapest(
      {
        falseNegatives: Math.floor(allowed.falseNegatives * trials.falseNegatives),
        falsePositives: Math.floor(allowed.falsePositives * trials.falsePositives),
      },
      caution,
    );
    if (cheapest === null) return null;
    const { point, searched, pruned } = cheapest;
    const seen = evaluate(point);
    const expected = search.expectedBeyond(point);
    const doubtful = KINDS.filter((kind) => {
      const rate = Math.max(seen[kind].rate, expected[kind]);
      return rate > 0 && foresee(rate, seen[kind], trialsToCome[kind]) > aim[kind];
    });
    let isChanged = false;
    for (const kind of doubtful) {
      if (seen[kind].errors > 0) {
        // From what it was wrong, not from what it might have been: else a turn may change nothing.
        const lessened = TIGHTENING * Math.min(allowed[kind], seen[kind].rate);
        allowed[kind] = turn < TURNS_MAX ? lessened : 0;
      } else if (point.network !== null && caution[kind] < CAUTION_MAX) caution[kind] += 1;
      else continue;
      isChanged = true;
    }
    if (!isChanged) return { tuning: seen, searched, pruned };
  }
}

/**
 * The bound that so many held-out trials will give with 80 % probability, if errors go on at a rate:
 * their number varies as that in tuning did, and there the rate itself is uncertain.
 *
 * @param seen the bound of tuning
 */
function foresee(rate: number, seen: ErrorBound, trials: number): number {
  const { effectiveTrials, designEffect, confidence } = seen;
  const effective = trials / designEffect;
  if (effective <= 0) return 1;
  const expected = rate * effective;
  const deviation = Math.sqrt(expected * (1 - rate) * (1 + effective / effectiveTrials));
  const errors = Math.min(effective, expected + FORESIGHT_QUANTILE * deviation);
  return clopperPearsonUpper(errors, effective, confidence ?? CONFIDENCE);
}

/** Frames that each kind of error can happen to. */
function countsOf({ truth }: Footage): Record<(typeof KINDS)[number], number> {
  const countOf = (value: number): number =>
    truth.reduce((count, is) => count + Number(is === value), 0);
  return { falseNegatives: countOf(1), falsePositives: countOf(0) };
}
