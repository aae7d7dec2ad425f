import type { Cascade } from "../cascade/file/cascade.ts";
import type { ErrorBudget } from "../cascade/types.ts";
import { usageError } from "../errors.ts";
import { factorsOf, frontOf, levelsOf, validationOf } from "./assemble.ts";
import { analyseFactors, chooseCascade } from "./choice.ts";
import { searchCosts } from "./costs.ts";
import { packObservations, unpackObservations } from "./observations.ts";

/**
 * Searches a cascade's thresholds again for other budgets, over the scores its file keeps; nothing
 * is decoded, labelled or trained. A level that saves nothing at the new budget is left out; the
 * difference detector and skipping may return later, a network that was left out is gone.
 *
 * @param now when that is, for the provenance
 * @throws {AipError} `claim-unsupported`, `cascade-pointless`, or `cascade-untunable` where the
 *   file keeps no scores
 */
export function tuneFile(cascade: Cascade, budget: ErrorBudget, now: Date = new Date()): Cascade {
  const { provenance } = cascade;
  if (cascade.observations === null) {
    const message = "The cascade keeps no scores to search: train it again";
    throw usageError("cascade-untunable", message);
  }
  const observations = unpackObservations(cascade.observations);
  const { network } = cascade.levels;
  const costs = searchCosts(cascade.costs);
  const networkMs = cascade.costs.network.mean;
  const networks =
    network === null ? [] : observations.networks.map((name) => ({ name, networkMs }));
  const search = { networks, costs, budget };
  const choice = chooseCascade([observations], search, {
    object: cascade.question.classes.join(" or "),
    fps: observations.fps,
    frames: provenance.footage.frames,
  });
  return {
    ...cascade,
    levels: levelsOf(choice, network),
    budgets: { maxFn: budget.falseNegatives, maxFp: budget.falsePositives },
    validation: validationOf(choice.optimized.chosen, costs),
    factors: factorsOf(analyseFactors(observations, search)),
    provenance: {
      ...provenance,
      tuned: { at: now.toISOString(), count: (provenance.tuned?.count ?? 0) + 1 },
    },
    observations: packObservations(observations),
    front: frontOf(choice, costs, cascade.question),
  };
}
