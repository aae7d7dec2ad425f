import { type ErrorBound, trialsNeeded } from "./bounds.ts";
import { compareCosts } from "./cost-model.ts";
import { type Evaluation, evaluatePoint, isReferenceAlone } from "./evaluation.ts";
import type { Footage, PreparedSearch } from "./search-space.ts";
import { type Evaluate, KINDS, type OptimizeOptions, type Tuned, tuneFor } from "./tuning.ts";
import type { ErrorBudget } from "./types.ts";

/** Rates that tuning aims at, one after the other. */
const RUNGS = [
  ...[0.001, 0.0015, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07],
  ...[0.1, 0.15, 0.2, 0.3, 0.5],
];

/** A cascade chosen within a budget. */
export interface TunedCascade extends Tuned {
  readonly budget: ErrorBudget;
  /** As seen on footage nothing was chosen on: what may be claimed. */
  readonly heldOut: Evaluation;
  /** Whether both bounds on the held-out footage are within the budget. */
  readonly holds: boolean;
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

/** A cascade that tuning has chosen, and what the held-out span says of it. */
type Rung = Tuned & Pick<TunedCascade, "heldOut">;

/**
 * Cascades tuned for more and more errors, from a tenth of a percent on. A budget is answered by
 * climbing: the held-out span must confirm one rung after the other, and the first it does not confirm
 * ends the climb. Tests in an order fixed beforehand, each at 95 %, err no more often together than one
 * alone does (W. Maurer, L. Hothorn, W. Lehmacher, "Multiple comparisons in drug clinical trials and
 * preclinical assays: a-priori ordered hypotheses", 1995). So no budget is refused where a stricter
 * one is granted, and none is lost because tuning aimed a little too high.
 */
export class Ladder {
  readonly #options: OptimizeOptions;
  readonly #search: PreparedSearch;
  readonly #direction: ErrorBudget;
  readonly #rungs: (Rung | null)[] = [];
  readonly #tuning: Evaluate;
  readonly #heldOut: Evaluate;

  /** @param direction how many errors of each kind there may be for those of the other */
  constructor(options: OptimizeOptions, search: PreparedSearch, direction: ErrorBudget) {
    this.#options = options;
    this.#search = search;
    this.#direction = direction;
    this.#tuning = remembered(options.tuning, options);
    this.#heldOut = remembered(options.heldOut, options);
  }

  /** The cheapest rung that is reached; where none gains anything, the one that falls least short. */
  within(budget: ErrorBudget): TunedCascade {
    const most = Math.max(budget.falseNegatives, budget.falsePositives);
    // A budget below the first rung is looked for there.
    const count = Math.max(1, RUNGS.filter((rate) => rate <= most).length);
    let best: Rung | null = null;
    let index = 0;
    for (; index < count; index += 1) {
      const rung = this.#at(index);
      if (rung === null) continue;
      if (!isWithin(rung.heldOut, budget)) break;
      if (best === null || compareCosts(rung.tuning.cost, best.tuning.cost) <= 0) best = rung;
    }
    if (best !== null && (index === count || !isReferenceAlone(best.heldOut))) {
      return { ...best, budget, holds: true };
    }
    // What would hold further up does not count: the climb has ended below it.
    const short = Array.from({ length: count - index }, (_, above) => this.#at(index + above))
      .filter((rung) => rung !== null && !isWithin(rung.heldOut, budget))
      .map((rung) => ({ ...(rung as Rung), budget, holds: false }));
    const needed = (tuned: TunedCascade): number => shortfallOf(tuned)?.framesNeeded ?? 0;
    const [nearest] = short.toSorted((a, b) => needed(a) - needed(b));
    if (nearest === undefined) {
      throw new RangeError("Ladder: the space has no cascade without errors: add null levels");
    }
    return nearest;
  }

  /** Null where nothing in the space errs so little. */
  #at(index: number): Rung | null {
    const known = this.#rungs[index];
    if (known !== undefined) return known;
    const { falseNegatives, falsePositives } = this.#direction;
    const factor = (RUNGS[index] as number) / Math.max(falseNegatives, falsePositives);
    const aim = {
      falseNegatives: factor * falseNegatives,
      falsePositives: factor * falsePositives,
    };
    const found = tuneFor(aim, this.#options, this.#search, this.#tuning);
    const rung = found && { ...found, heldOut: this.#heldOut(found.tuning.point) };
    this.#rungs[index] = rung;
    return rung;
  }
}

/** Evaluates points of a span; one that was asked for before is not replayed again. */
export function remembered(footage: Footage, options: OptimizeOptions): Evaluate {
  const known = new Map<string, Evaluation>();
  return (point) => {
    const key = JSON.stringify(point);
    const evaluation = known.get(key) ?? evaluatePoint(footage, point, options);
    known.set(key, evaluation);
    return evaluation;
  };
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
