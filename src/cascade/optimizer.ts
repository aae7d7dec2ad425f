import type { CascadeCost } from "./cost-model.ts";
import { isReferenceAlone } from "./evaluation.ts";
import { Ladder, remembered, type Shortfall, shortfallOf, type TunedCascade } from "./ladder.ts";
import { PreparedSearch } from "./search-space.ts";
import { type OptimizeOptions, tuneFor } from "./tuning.ts";

/** Budgets of the front, beside the one asked for. */
const FRONT_BUDGETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];

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

/** Chooses the cheapest cascade whose errors stay within the budget, and says what can be claimed. */
export function optimize(options: OptimizeOptions): Optimized {
  const search = new PreparedSearch(options.tuning, options.space);
  const even = new Ladder(options, search, { falseNegatives: 1, falsePositives: 1 });
  const { falseNegatives, falsePositives } = options.budget;
  const own =
    falseNegatives === falsePositives ? even : new Ladder(options, search, options.budget);
  const chosen = own.within(options.budget);
  const budgets = FRONT_BUDGETS.map((rate) => ({ falseNegatives: rate, falsePositives: rate }));
  return {
    chosen,
    shortfall: shortfallOf(chosen),
    front: budgets.map((budget) => even.within(budget)),
  };
}

/** The cheapest cascade for one budget that the held-out span confirms; see `Ladder`. */
export function tuneCascade(options: OptimizeOptions): TunedCascade {
  const search = new PreparedSearch(options.tuning, options.space);
  return new Ladder(options, search, options.budget).within(options.budget);
}

/** What the cascade costs that tuning alone would choose; the held-out span has no part in it. */
export function tunedCost(options: OptimizeOptions): CascadeCost {
  const search = new PreparedSearch(options.tuning, options.space);
  const found = tuneFor(options.budget, options, search, remembered(options.tuning, options));
  if (found === null) throw new RangeError("tunedCost: the space has no cascade without errors");
  return found.tuning.cost;
}

/** Whether nothing is gained: within the budget only the reference model alone is possible. */
export function isPointless({ heldOut }: TunedCascade): boolean {
  return isReferenceAlone(heldOut);
}
