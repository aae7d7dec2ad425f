import { compareCosts } from "../cascade/cost-model.ts";
import type { TunedCascade } from "../cascade/ladder.ts";
import { type Optimized, optimize, tuneCascade, tunedCost } from "../cascade/optimizer.ts";
import type { NetworkCandidate, SearchSpace } from "../cascade/search-space.ts";
import type { CascadeCosts, ErrorBudget } from "../cascade/types.ts";
import { oneSecondWindows } from "../cascade/windows.ts";
import { type ClaimContext, checkClaim, checkWorthwhile } from "./claim.ts";
import { footageOf, type Observations } from "./observations.ts";

export interface ChoiceOptions {
  /** Networks that are known, with their costs. */
  readonly networks: readonly NetworkCandidate[];
  readonly costs: CascadeCosts;
  readonly budget: ErrorBudget;
}

/** What was chosen, and from which observations. */
export interface Choice {
  readonly observations: Observations;
  readonly optimized: Optimized;
}

/**
 * Chooses the cheapest cascade within the budget, over all kinds of difference detector: by what
 * tuning says of each, so that the held-out footage has no part in the choice among them.
 *
 * @param kinds observations of one kind of detector each; at least one
 * @throws {AipError} `claim-unsupported` or `cascade-pointless`
 */
export function chooseCascade(
  kinds: readonly Observations[],
  options: ChoiceOptions,
  context: ClaimContext,
): Choice {
  const searches = kinds.map((observations) => {
    const search = optimizeOptions(observations, options, spaceOf(observations, options));
    return { observations, search, cost: tunedCost(search) };
  });
  const [best] = searches.toSorted((a, b) => compareCosts(a.cost, b.cost));
  if (best === undefined) throw new RangeError("chooseCascade: nothing was observed");
  const optimized = optimize(best.search);
  checkClaim(optimized, context);
  checkWorthwhile(optimized, context);
  return { observations: best.observations, optimized };
}

/** What some of the levels reach alone or together. */
export interface Factor {
  readonly name: string;
  readonly tuned: TunedCascade;
}

/**
 * The cheapest cascade for the same budget where only some levels are allowed: what each of them
 * saves alone, and what they save together (NoScope's factor analysis, §9.3).
 */
export function analyseFactors(observations: Observations, options: ChoiceOptions): Factor[] {
  const all = spaceOf(observations, options);
  const [skip, difference, network] = [{ tSkips: [1] }, { tDiffs: [null] }, { networks: [null] }];
  const factors: readonly (readonly [string, Partial<SearchSpace>])[] = [
    ["reference alone", { ...skip, ...difference, ...network }],
    ["skipping", { ...difference, ...network }],
    ["difference", { ...skip, ...network }],
    ["network", { ...skip, ...difference }],
    ["skipping, difference", network],
    ["skipping, network", difference],
    ["difference, network", skip],
    ["all", {}],
  ];
  return factors.map(([name, limits]) => ({
    name,
    tuned: tuneCascade(optimizeOptions(observations, options, { ...all, ...limits })),
  }));
}

/** Leaving a level out is always one of the choices: one that costs more than it saves goes. */
function spaceOf(
  { tSkips, tDiffs, networks: known }: Observations,
  { networks, costs }: ChoiceOptions,
): SearchSpace {
  const scored = networks.filter(({ name }) => known.includes(name));
  return { tSkips, tDiffs, networks: [null, ...scored], costs };
}

function optimizeOptions(
  observations: Observations,
  { budget }: ChoiceOptions,
  space: SearchSpace,
): Parameters<typeof tuneCascade>[0] {
  return {
    tuning: footageOf(observations, observations.tuning),
    heldOut: footageOf(observations, observations.heldOut),
    space,
    budget,
    windows: oneSecondWindows(observations.fps),
  };
}
