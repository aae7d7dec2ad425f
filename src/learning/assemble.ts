import type { ErrorBound } from "../cascade/bounds.ts";
import { referenceCost } from "../cascade/cost-model.ts";
import type { Cascade, CascadeValidation, ErrorRate } from "../cascade/file/cascade.ts";
import type { TunedCascade } from "../cascade/optimizer.ts";
import { drawFront } from "../cascade/pareto.ts";
import type { CascadeCosts, CascadeLevels } from "../cascade/types.ts";
import type { Choice } from "./choice.ts";

/** The levels of a chosen cascade. @param network its model and side, null without one */
export function levelsOf(
  { observations, optimized }: Choice,
  network: { readonly model: Uint8Array; readonly side: number } | null,
): CascadeLevels {
  const { tSkip, tDiff, cLow, cHigh, network: chosen } = optimized.chosen.tuning.point;
  return {
    tSkip,
    difference: tDiff === null ? null : { ...observations.kind, tDiff },
    network: chosen === null || network === null ? null : { ...network, cLow, cHigh },
  };
}

/** What the held-out footage said of it. */
export function validationOf(chosen: TunedCascade, costs: CascadeCosts): CascadeValidation {
  const { frames, levels, falseNegatives, falsePositives, windowed, cost } = chosen.heldOut;
  return {
    frames,
    falseNegatives: rateOf(falseNegatives),
    falsePositives: rateOf(falsePositives),
    windowAccuracy: windowed.windows === 0 ? null : windowed.accuracy,
    answers: levels,
    cascadeFps: cost.fps,
    referenceFps: referenceCost(costs).fps,
  };
}

/** The front as SVG, with the chosen point. */
export function frontOf(
  { optimized }: Choice,
  costs: CascadeCosts,
  question: Cascade["question"],
): string {
  return drawFront({
    title: `cascades for ${question.classes.join(", ")}`,
    front: optimized.front,
    chosen: optimized.chosen,
    referenceFps: referenceCost(costs).fps,
  });
}

function rateOf({ errors, trials, upper }: ErrorBound): ErrorRate {
  return { count: errors, of: trials, bound: Math.min(1, upper) };
}
