import { CONFIDENCE, clopperPearsonUpper, type ErrorBound, trialsNeeded } from "./bounds.ts";
import { type Evaluation, evaluatePoint, isReferenceAlone } from "./evaluation.ts";
import { type Footage, PreparedSearch, type SearchSpace } from "./search-space.ts";
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
/** Budgets of the front, beside the one asked for. */
const FRONT_BUDGETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];

/** Both kinds of error. */
const KINDS = ["falseNegatives", "falsePositives"] as const;

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

/** A cascade chosen within a budget. */
export interface TunedCascade {
  readonly budget: ErrorBudget;
  /** As seen where it was chosen: too good. */
  readonly tuning: Evaluation;
  /** As seen on footage nothing was chosen on: what may be claimed. */
  readonly heldOut: Evaluation;
  /** Whether both bounds on the held-out footage are within the budget. */
  readonly holds: boolean;
  /** Combinations of levels that were searched, and those that could not be cheaper. */
  readonly searched: number;
  readonly pruned: number;
}

/** What the optimizer found. */
export interface Optimized {
  /** For the budget asked for. */
  readonly chosen: TunedCascade;
  /**
   * Why `chosen` cannot be claimed, and held-out frames that would have to be added to those there
   * are: infinite where no footage would help. Null where it holds.
   */
  readonly shortfall: Shortfall | null;
  /** The cheapest cascade for each of several budgets, strictest first. */
  readonly front: readonly TunedCascade[];
}

/** What the footage lacks for a claim. */
export interface Shortfall {
  readonly kind: "falseNegatives" | "falsePositives";
  readonly bound: ErrorBound;
  readonly budget: number;
  /** Held-out frames there are. */
  readonly frames: number;
  /** Held-out frames needed in all, the same share of them present as in those there are. */
  readonly framesNeeded: number;
}

/** Chooses the cheapest cascade whose errors stay within the budget, and says what can be claimed. */
export function optimize(options: OptimizeOptions): Optimized {
  const search = new PreparedSearch(options.tuning, options.space);
  const chosen = tuneCascade(options, search);
  const budgets = FRONT_BUDGETS.map((rate) => ({ falseNegatives: rate, falsePositives: rate }));
  return {
    chosen,
    shortfall: shortfallOf(chosen),
    front: budgets.map((budget) => tuneCascade({ ...options, budget }, search)),
  };
}

/**
 * The cheapest cascade for one budget that the held-out span will probably confirm. What may be
 * wrong in tuning is lessened until it will; and where nothing is wrong there any more, thresholds
 * move away from the scores they nearly got wrong: of n frames none says that fewer than one in n of
 * others will be worse.
 *
 * @param search of the same footage and space, where it is there already
 */
export function tuneCascade(
  options: OptimizeOptions,
  search: PreparedSearch = new PreparedSearch(options.tuning, options.space),
): TunedCascade {
  const { tuning, heldOut, budget } = options;
  const trials = countsOf(tuning);
  const trialsToCome = countsOf(heldOut);
  const allowed = { ...budget };
  const caution = { falseNegatives: 0, falsePositives: 0 };
  for (let turn = 0; ; turn += 1) {
    const cheapest = search.cheapest(
      {
        falseNegatives: Math.floor(allowed.falseNegatives * trials.falseNegatives),
        falsePositives: Math.floor(allowed.falsePositives * trials.falsePositives),
      },
      caution,
    );
    if (cheapest === null) {
      throw new RangeError("tuneCascade: the space has no cascade without errors: add null levels");
    }
    const { point, searched, pruned } = cheapest;
    const seen = evaluatePoint(tuning, point, options);
    const expected = search.expectedBeyond(point);
    const doubtful = KINDS.filter((kind) => {
      const rate = Math.max(seen[kind].rate, expected[kind]);
      return rate > 0 && foresee(rate, seen[kind], trialsToCome[kind]) > budget[kind];
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
    if (isChanged) continue;
    const confirmed = evaluatePoint(heldOut, point, options);
    const holds =
      confirmed.falseNegatives.upper <= budget.falseNegatives &&
      confirmed.falsePositives.upper <= budget.falsePositives;
    return { budget, tuning: seen, heldOut: confirmed, holds, searched, pruned };
  }
}

/** What keeps a cascade from its budget; null where nothing does. */
export function shortfallOf({ heldOut, budget }: TunedCascade): Shortfall | null {
  const found = KINDS.filter((kind) => heldOut[kind].upper > budget[kind]).map(
    (kind): Shortfall => {
      const bound = heldOut[kind];
      const trials = trialsNeeded(budget[kind], bound.rate, bound.confidence);
      const framesNeeded = Math.ceil((heldOut.frames * trials) / bound.effectiveTrials);
      return { kind, bound, budget: budget[kind], frames: heldOut.frames, framesNeeded };
    },
  );
  return found.toSorted((a, b) => b.framesNeeded - a.framesNeeded)[0] ?? null;
}

/** Whether nothing is gained: within the budget only the reference model alone is possible. */
export function isPointless({ heldOut }: TunedCascade): boolean {
  return isReferenceAlone(heldOut);
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
