import { type ErrorBound, trialsNeeded } from "./bounds.ts";
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
 * Share of the budget that a step may use: what stops the climb was looked for among many, so the last
 * step that was confirmed owes a little of its bound to luck.
 */
const STEP_SHARE = 0.85;

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
    let levels: Levels = { falseNegatives: 0, falsePositives: 0 };
    let open: readonly ErrorKind[] = isConfirmed(levels) ? KINDS : [];
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
      return cheapest && { ...cheapest, heldOut: this.#heldOut(cheapest.point) };
    });
  }

  /** Many rungs are the same point. */
  #heldOut(point: OperatingPoint): Evaluation {
    const { heldOut } = this.#options;
    return remembered(this.#evaluated, point, () => evaluatePoint(heldOut, point, this.#options));
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
