import type { CascadeCost } from "./cost-model.ts";
import { isReferenceAlone } from "./evaluation.ts";
import { Ladder, type Shortfall, shortfallOf, type TunedCascade } from "./ladder.ts";
import { type OptimizeOptions, Tuning } from "./tuning.ts";

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
  const ladder = new Ladder(options);
  const chosen = ladder.within(options.budget);
  const budgets = FRONT_BUDGETS.map((rate) => ({ falseNegatives: rate, falsePositives: rate }));
  return {
    chosen,
    shortfall: shortfallOf(chosen),
    front: budgets.map((budget) => ladder.within(budget)),
  };
}

/** The cheapest cascade for one budget that the held-out span confirms; see `Ladder`. */
export function tuneCascade(options: OptimizeOptions): TunedCascade {
  return new Ladder(options).within(options.budget);
}

/** What the cascade costs that errs as often as the budget in tuning; no other span has a part in it. */
export function tunedCost(options: OptimizeOptions): CascadeCost {
  const found = new Tuning(options).within(options.budget);
  if (found === null) throw new RangeError("tunedCost: the space has no cascade without errors");
  return found.cost;
}

/** Whether nothing is gained: within the budget only the reference model alone is possible. */
export function isPointless({ heldOut }: TunedCascade): boolean {
  return isReferenceAlone(heldOut);
}
