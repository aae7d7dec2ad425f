import { type CascadeCost, cascadeCost, compareCosts } from "./cost-model.ts";
import {
  type CountBudget,
  orderByScore,
  reuseErrors,
  searchThresholds,
  type ThresholdChoice,
  weighAnchors,
} from "./search.ts";
import type { CascadeCosts } from "./types.ts";

/** What is known of the frames of a span, for replaying cascades on them. */
export interface Footage {
  /** Answers of the reference model by frame: 1 present, 0 absent. */
  readonly reference: Uint8Array;
  /** 1 present, 0 absent, `IGNORED`; the reference's answers again, where nothing better is known. */
  readonly truth: Uint8Array;
  /**
   * Index of each frame's anchor, as `replayGate` gives it; `tDiff` null is no difference detector.
   */
  readonly anchors: (tSkip: number, tDiff: number | null) => Uint32Array;
  /** Scores of a specialized network by frame, 0–1. */
  readonly scores: (network: string) => Float32Array;
}

/** A trained network that may become part of the cascade. */
export interface NetworkCandidate {
  readonly name: string;
  /** Thumbnail and network, ms a frame. */
  readonly networkMs: number;
}

/** Everything that is tried, in every combination; leaving a level out is one of the choices. */
export interface SearchSpace {
  /** At least 1 each; 1 looks at every frame. */
  readonly tSkips: readonly number[];
  /** Null for no difference detector. */
  readonly tDiffs: readonly (number | null)[];
  /** Null for no specialized network. */
  readonly networks: readonly (NetworkCandidate | null)[];
  readonly costs: CascadeCosts;
}

/** A cascade as far as the search decides on it. */
export interface OperatingPoint {
  readonly tSkip: number;
  readonly tDiff: number | null;
  readonly network: NetworkCandidate | null;
  /** 0 and 1 where there is no network: the reference model answers every anchor. */
  readonly cLow: number;
  readonly cHigh: number;
}

/** The cheapest point, with what is expected of it. */
export interface CheapestPoint {
  readonly point: OperatingPoint;
  readonly cost: CascadeCost;
  /** Combinations of levels whose thresholds were searched, and those that could not be cheaper. */
  readonly searched: number;
  readonly pruned: number;
}

/**
 * The cheapest cascade within the budget on the footage; exact over the space.
 *
 * Combinations are tried by what they would cost if the reference model answered nothing at all:
 * once that is no cheaper than the best so far, nothing after it can be.
 *
 * @returns null where nothing is within the budget, the reference model alone included where the
 * space has it
 */
export function cheapestPoint(
  footage: Footage,
  space: SearchSpace,
  budget: CountBudget,
): CheapestPoint | null {
  const { costs } = space;
  const orders = new Map<string, Uint32Array>();
  const combinations = combine(footage, space);
  let best: Omit<CheapestPoint, "searched" | "pruned"> | null = null;
  let searched = 0;
  for (const { tSkip, tDiff, network, anchors, shares, atLeast } of combinations) {
    if (best !== null && compareCosts(atLeast, best.cost) >= 0) break;
    searched += 1;
    const choice = chooseThresholds({ footage, anchors, network, budget, orders });
    if (choice === null) continue;
    const inferred = choice.inferred / anchors.length;
    const cost = cascadeCost(costs, { ...shares, inferred });
    if (best !== null && compareCosts(cost, best.cost) >= 0) continue;
    best = { cost, point: { tSkip, tDiff, network, cLow: choice.cLow, cHigh: choice.cHigh } };
  }
  return best === null ? null : { ...best, searched, pruned: combinations.length - searched };
}

/** Every combination, by what it costs at least. */
function combine(footage: Footage, space: SearchSpace) {
  const gates = space.tSkips.flatMap((tSkip) =>
    space.tDiffs.map((tDiff) => {
      const anchors = footage.anchors(tSkip, tDiff);
      return { tSkip, tDiff, anchors, fired: countAnchors(anchors) / anchors.length };
    }),
  );
  return gates
    .flatMap(({ tSkip, tDiff, anchors, fired }) =>
      space.networks.map((network) => {
        const networkMs = network?.networkMs ?? null;
        const shares = { tSkip, hasDifference: tDiff !== null, networkMs, fired };
        const inferred = network === null ? fired : 0;
        const atLeast = cascadeCost(space.costs, { ...shares, inferred });
        return { tSkip, tDiff, network, anchors, shares, atLeast };
      }),
    )
    .sort((a, b) => compareCosts(a.atLeast, b.atLeast));
}

interface ThresholdQuestion {
  readonly footage: Footage;
  readonly anchors: Uint32Array;
  readonly network: NetworkCandidate | null;
  readonly budget: CountBudget;
  /** Frames by score, kept for each network. */
  readonly orders: Map<string, Uint32Array>;
}

function chooseThresholds(question: ThresholdQuestion): ThresholdChoice | null {
  const { footage, anchors, network, budget, orders } = question;
  const { reference, truth } = footage;
  if (network === null) {
    const weights = weighAnchors(anchors, truth, Uint32Array.from(anchors.keys()));
    const errors = reuseErrors(weights, reference);
    if (errors.falseNegatives > budget.falseNegatives) return null;
    if (errors.falsePositives > budget.falsePositives) return null;
    return { cLow: 0, cHigh: 1, inferred: weights.anchors.length, ...errors };
  }
  const scores = footage.scores(network.name);
  const order = orders.get(network.name) ?? orderByScore(scores);
  orders.set(network.name, order);
  const weights = weighAnchors(anchors, truth, order);
  return searchThresholds({ weights, scores, reference, budget });
}

function countAnchors(anchors: Uint32Array): number {
  let count = 0;
  for (let frame = 0; frame < anchors.length; frame += 1) {
    if (anchors[frame] === frame) count += 1;
  }
  return count;
}
