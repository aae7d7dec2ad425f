import { CONFIDENCE, type ErrorBound, trialsNeeded } from "./bounds.ts";
import { compareCosts } from "./cost-model.ts";
import { type Evaluation, evaluatePoint, isReferenceAlone } from "./evaluation.ts";
import type { CheapestPoint, OperatingPoint } from "./search-space.ts";
import {
  type ErrorKind,
  KINDS,
  LEVEL_MAX,
  type Levels,
  type OptimizeOptions,
  Tuning,
} from "./tuning.ts";
import type { ErrorBudget } from "./types.ts";

/**
 * Share of the wrong bounds that steps are allowed to have: what stops a climb was looked for among many, so
 * the last step that was confirmed owes a little of its bound to luck. Bounds of 95 % are those of 97 %,
 * and cover the truth in 95 of 100 simulated cascades (`bun run bench cascade-bounds`).
 */
const FIRST_CLIMB = 0.6;
/** Where that finds nothing, another chance is taken. */
const SECOND_CLIMB = 0.1;
/** Share of the budget that a step may use. */
const STEP_SHARE = 0.95;

/** A cascade chosen within a budget. */
export interface TunedCascade {
  readonly budget: ErrorBudget;
  /** As seen where it was chosen: too good. */
  readonly tuning: Evaluation;
  /** As seen on the footage that confirmed it, or did not: what may be claimed. */
  readonly heldOut: Evaluation;
  /** Whether both bounds on the held-out footage are within the budget. */
  readonly holds: boolean;
  /** Combinations of levels that were searched, and those that could not be cheaper. */
  readonly searched: number;
  readonly pruned: number;
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

/** A point that tuning has chosen, and what the held-out span says of it. */
interface Rung extends CheapestPoint {
  readonly heldOut: Evaluation;
}

/**
 * The way from the strictest thresholds to laxer ones. A budget is answered by climbing: step by step
 * more false negatives and more false positives are allowed in tuning, in turns, and the held-out span
 * must confirm every step. The first that it does not confirm is taken back, and ends the steps of its
 * kind. Tests in an order fixed beforehand, each at 95 %, err no more often together than one alone
 * does (W. Maurer, L. Hothorn, W. Lehmacher, "Multiple comparisons in drug clinical trials and
 * preclinical assays: a-priori ordered hypotheses", 1995). So no budget is refused where a stricter one
 * is granted, and none is wasted because tuning looked worse than what was held out.
 *
 * That reuse was never wrong in tuning may be due to the few appearances there. Where the first step is
 * not confirmed, a second climb reuses nothing, with bounds that are wrong half as often.
 */
export class Ladder {
  readonly #options: OptimizeOptions;
  readonly #tuning: Tuning;
  readonly #rungs = new Map<string, Rung | null>();
  readonly #evaluated = new Map<string, Evaluation>();

  constructor(options: OptimizeOptions) {
    this.#options = options;
    this.#tuning = new Tuning(options);
  }

  /** The cheapest rung that is reached; where none gains anything, the one that falls least short. */
  within(budget: ErrorBudget): TunedCascade {
    const { reached, refused } = this.#climb(budget);
    const [cheapest] = reached.toSorted((a, b) => compareCosts(a.cost, b.cost));
    if (cheapest !== undefined && (refused.length === 0 || !isReferenceAlone(cheapest.heldOut))) {
      return this.#tuned(cheapest, budget, true);
    }
    const needed = ({ heldOut }: Rung): number =>
      shortfallOf({ heldOut, budget })?.framesNeeded ?? 0;
    const [nearest] = refused.toSorted((a, b) => needed(a) - needed(b));
    if (nearest === undefined) {
      throw new RangeError("Ladder: the space has no cascade without errors: add null levels");
    }
    return this.#tuned(nearest, budget, false);
  }

  #climb(budget: ErrorBudget): { readonly reached: Rung[]; readonly refused: Rung[] } {
    const reached: Rung[] = [];
    const refused: Rung[] = [];
    let limits = budget;
    const isConfirmed = (levels: Levels): boolean => {
      const rung = this.#at(levels);
      // What tuning has nothing for is passed.
      if (rung === null) return true;
      const holds = isWithin(rung.heldOut, limits);
      if (holds && !isReferenceAlone(rung.heldOut)) limits = limitsAfter(rung, budget);
      (holds ? reached : refused).push(rung);
      return holds;
    };
    let levels: Levels = { falseNegatives: 0, falsePositives: 0, reuse: true };
    let isBegun = isConfirmed(levels);
    if (!isBegun) {
      levels = { ...levels, reuse: false };
      isBegun = isConfirmed(levels);
    }
    let open: readonly ErrorKind[] = isBegun ? KINDS : [];
    while (open.length > 0) {
      open = open.filter((kind) => {
        const next = { ...levels, [kind]: levels[kind] + 1 };
        if (next[kind] > LEVEL_MAX || !isConfirmed(next)) return false;
        levels = next;
        return true;
      });
    }
    return { reached, refused };
  }

  #at(levels: Levels): Rung | null {
    return remembered(this.#rungs, levels, () => {
      const cheapest = this.#tuning.at(levels);
      return cheapest && { ...cheapest, heldOut: this.#heldOut(cheapest.point, levels.reuse) };
    });
  }

  /** Many rungs are the same point. */
  #heldOut(point: OperatingPoint, isFirst: boolean): Evaluation {
    const { heldOut, confidence = CONFIDENCE } = this.#options;
    const wrong = (1 - confidence) * (isFirst ? FIRST_CLIMB : SECOND_CLIMB);
    const options = { ...this.#options, confidence: 1 - wrong };
    const key = { ...point, isFirst };
    return remembered(this.#evaluated, key, () => evaluatePoint(heldOut, point, options));
  }

  #tuned(rung: Rung, budget: ErrorBudget, holds: boolean): TunedCascade {
    const { point, searched, pruned, heldOut } = rung;
    const tuning = evaluatePoint(this.#options.tuning, point, this.#options);
    return { budget, tuning, heldOut, holds, searched, pruned };
  }
}

/** Bounds that the next step may have: a part of the budget stays free, unless it is used already. */
function limitsAfter({ heldOut }: Rung, budget: ErrorBudget): ErrorBudget {
  const of = (kind: ErrorKind): number =>
    Math.max(STEP_SHARE * budget[kind], Math.min(budget[kind], heldOut[kind].upper));
  return { falseNegatives: of("falseNegatives"), falsePositives: of("falsePositives") };
}

function remembered<Key extends object, T>(known: Map<string, T>, key: Key, find: () => T): T {
  const name = JSON.stringify(key);
  const value = known.has(name) ? (known.get(name) as T) : find();
  known.set(name, value);
  return value;
}

function isWithin({ falseNegatives, falsePositives }: Evaluation, budget: ErrorBudget): boolean {
  return (
    falseNegatives.upper <= budget.falseNegatives && falsePositives.upper <= budget.falsePositives
  );
}

/** What keeps a cascade from its budget; null where nothing does. */
export function shortfallOf({
  heldOut,
  budget,
}: Pick<TunedCascade, "heldOut" | "budget">): Shortfall | null {
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
