import { type CascadeCost, cascadeCost, compareCosts, type LevelShares } from "./cost-model.ts";
import { logit, tailScale } from "./score-tail.ts";
import {
  type CountBudget,
  framesOf,
  orderByScore,
  type ScoreMargins,
  ThresholdSearch,
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

/**
 * How far thresholds keep away from scores that they would get wrong: in scales of the tails that
 * these scores have (see `tailScale`), at least 0.
 */
export interface Caution {
  readonly falseNegatives: number;
  readonly falsePositives: number;
}

const NO_CAUTION: Caution = { falseNegatives: 0, falsePositives: 0 };

/** Scales in logits of how a network's scores thin out towards the wrong side. */
type TailScales = ScoreMargins;

/** The cheapest point, with what is expected of it. */
export interface CheapestPoint {
  readonly point: OperatingPoint;
  readonly cost: CascadeCost;
  /** Combinations of levels whose thresholds were searched, and those that could not be cheaper. */
  readonly searched: number;
  readonly pruned: number;
}

/** One choice of levels, without thresholds. */
interface Combination {
  readonly tSkip: number;
  readonly tDiff: number | null;
  readonly network: NetworkCandidate | null;
  readonly frames: number;
  readonly shares: Omit<LevelShares, "inferred">;
  /** What it costs if the reference model answers nothing that a network could answer. */
  readonly atLeast: CascadeCost;
  /** Answers the search for thresholds; made when it is first needed, and kept. */
  readonly thresholds: () => ThresholdSearch;
}

/**
 * The search over a space, prepared for one stretch of footage: budgets are answered one after
 * another without sorting anything again.
 *
 * Combinations are tried by what they would cost if the reference model answered nothing at all:
 * once that is no cheaper than the best so far, nothing after it can be.
 */
export class PreparedSearch {
  readonly #costs: CascadeCosts;
  readonly #combinations: readonly Combination[];
  readonly #tails: ReadonlyMap<string, TailScales>;

  constructor(footage: Footage, space: SearchSpace) {
    this.#costs = space.costs;
    this.#combinations = combine(footage, space);
    this.#tails = new Map(
      space.networks.flatMap((network) =>
        network === null ? [] : [[network.name, tailsOf(footage, space, network.name)]],
      ),
    );
  }

  /**
   * The cheapest cascade within the budget; exact over the space.
   *
   * @param caution what is so near to a threshold must be within the budget, too
   * @returns null where nothing is within the budget, the reference model alone included where the
   * space has it
   */
  cheapest(budget: CountBudget, caution: Caution = NO_CAUTION): CheapestPoint | null {
    let best: Pick<CheapestPoint, "point" | "cost"> | null = null;
    let searched = 0;
    for (const combination of this.#combinations) {
      const { tSkip, tDiff, network, frames, shares, atLeast } = combination;
      if (best !== null && compareCosts(atLeast, best.cost) >= 0) break;
      searched += 1;
      const choice = combination.thresholds().within(budget, this.#margins(network, caution));
      if (choice === null) continue;
      const { cLow, cHigh } = choice;
      const cost = cascadeCost(this.#costs, { ...shares, inferred: choice.inferred / frames });
      if (best !== null && compareCosts(cost, best.cost) >= 0) continue;
      best = { cost, point: { tSkip, tDiff, network, cLow, cHigh } };
    }
    if (best === null) return null;
    return { ...best, searched, pruned: this.#combinations.length - searched };
  }

  #margins(network: NetworkCandidate | null, caution: Caution): ScoreMargins {
    const tails = network === null ? undefined : this.#tails.get(network.name);
    if (tails === undefined) return NO_CAUTION;
    return {
      falseNegatives: caution.falseNegatives * tails.falseNegatives,
      falsePositives: caution.falsePositives * tails.falsePositives,
    };
  }
}

function tailsOf({ truth, scores }: Footage, { tSkips }: SearchSpace, network: string): TailScales {
  const list = scores(network);
  // Frames that are passed over at any rate need not have a score.
  const looked = Math.min(...tSkips);
  const logitsOf = (kind: 0 | 1): Float64Array =>
    Float64Array.from(
      list.filter((_, frame) => frame % looked === 0 && truth[frame] === kind),
      logit,
    );
  return {
    falseNegatives: tailScale(logitsOf(1)),
    falsePositives: tailScale(logitsOf(0).map((value) => -value)),
  };
}

/** Every combination, by what it costs at least. */
function combine(footage: Footage, space: SearchSpace): Combination[] {
  const { reference, truth } = footage;
  const frames = truth.length;
  const inTime = framesOf(frames);
  const byScore = new Map(
    space.networks.flatMap((network) => {
      if (network === null) return [];
      const scores = footage.scores(network.name);
      return [[network.name, { scores, order: orderByScore(scores) }] as const];
    }),
  );
  const gates = space.tSkips.flatMap((tSkip) =>
    space.tDiffs.map((tDiff) => {
      const anchors = footage.anchors(tSkip, tDiff);
      return { tSkip, tDiff, anchors, fired: countAnchors(anchors) / frames };
    }),
  );
  return gates
    .flatMap(({ tSkip, tDiff, anchors, fired }) =>
      space.networks.map((network): Combination => {
        const networkMs = network?.networkMs ?? null;
        const shares = { tSkip, hasDifference: tDiff !== null, networkMs, fired };
        const inferred = network === null ? fired : 0;
        const atLeast = cascadeCost(space.costs, { ...shares, inferred });
        const scored = network === null ? undefined : byScore.get(network.name);
        const prepare = (): ThresholdSearch => {
          const weights = weighAnchors(anchors, truth, scored?.order ?? inTime);
          return new ThresholdSearch({ weights, scores: scored?.scores ?? null, reference });
        };
        const thresholds = once(prepare);
        return { tSkip, tDiff, network, frames, shares, atLeast, thresholds };
      }),
    )
    .sort((a, b) => compareCosts(a.atLeast, b.atLeast));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function countAnchors(anchors: Uint32Array): number {
  let count = 0;
  for (let frame = 0; frame < anchors.length; frame += 1) {
    if (anchors[frame] === frame) count += 1;
  }
  return count;
}
