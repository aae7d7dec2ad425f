import { NO_ANCHOR } from "./replay.ts";
import { logit } from "./score-tail.ts";
import { IGNORED } from "./types.ts";

/** Frames that may be wrong, counted. */
export interface CountBudget {
  readonly falseNegatives: number;
  readonly falsePositives: number;
}

/**
 * How near to a threshold a score counts as on its wrong side already, in logits: other footage has
 * scores a little worse than the worst of this.
 */
export interface ScoreMargins {
  /** Above `c_low`, for frames present. */
  readonly falseNegatives: number;
  /** Below `c_high`, for frames absent. */
  readonly falsePositives: number;
}

const NO_MARGINS: ScoreMargins = { falseNegatives: 0, falsePositives: 0 };

/** What hangs on each anchor, in the order the anchors were asked for. */
export interface AnchorWeights {
  /** Indices of the anchors. */
  readonly anchors: Uint32Array;
  /** Frames truly present, and truly absent, that have this anchor's answer. */
  readonly present: Uint32Array;
  readonly absent: Uint32Array;
  /** Frames present that the empty picture answers: wrong whatever the thresholds are. */
  readonly missed: number;
}

/** Thresholds, and what comes of them. */
export interface ThresholdChoice {
  /** Scores below it mean absent, 0–1. */
  readonly cLow: number;
  /** Scores above it mean present, at least `cLow`, up to 1. */
  readonly cHigh: number;
  /** Anchors that the reference model answers. */
  readonly inferred: number;
  readonly falseNegatives: number;
  readonly falsePositives: number;
}

export interface ThresholdSearchOptions {
  /** Anchors by ascending score. */
  readonly weights: AnchorWeights;
  /** Of the specialized network, by frame, 0–1; null where the reference answers every anchor. */
  readonly scores: Float32Array | null;
  /** Answers of the reference model by frame: 1 present, 0 absent. */
  readonly reference: Uint8Array;
}

/** Indices of frames in the order of time. */
export function framesOf(count: number): Uint32Array {
  const frames = new Uint32Array(count);
  for (let frame = 0; frame < count; frame += 1) frames[frame] = frame;
  return frames;
}

/** Indices of frames by ascending score. */
export function orderByScore(scores: Float32Array): Uint32Array {
  return framesOf(scores.length).sort((a, b) => (scores[a] as number) - (scores[b] as number));
}

/**
 * Gathers the frames at their anchors.
 *
 * @param anchors index of each frame's anchor
 * @param truth 1 present, 0 absent, `IGNORED`
 * @param order frames in the order their anchors are wanted in
 */
export function weighAnchors(
  anchors: Uint32Array,
  truth: Uint8Array,
  order: Uint32Array,
): AnchorWeights {
  const present = new Uint32Array(anchors.length);
  const absent = new Uint32Array(anchors.length);
  let missed = 0;
  for (let frame = 0; frame < anchors.length; frame += 1) {
    const anchor = anchors[frame] as number;
    const is = truth[frame] as number;
    if (is === IGNORED) continue;
    if (anchor === NO_ANCHOR) missed += is;
    else if (is === 1) present[anchor] = (present[anchor] as number) + 1;
    else absent[anchor] = (absent[anchor] as number) + 1;
  }
  const own = order.filter((frame) => anchors[frame] === frame);
  return {
    anchors: own,
    present: own.map((anchor) => present[anchor] as number),
    absent: own.map((anchor) => absent[anchor] as number),
    missed,
  };
}

/** Errors where the reference model answers every anchor: those of reusing answers. */
export function reuseErrors(weights: AnchorWeights, reference: Uint8Array): CountBudget {
  let falseNegatives = weights.missed;
  let falsePositives = 0;
  for (let index = 0; index < weights.anchors.length; index += 1) {
    const isPresent = reference[weights.anchors[index] as number] === 1;
    if (isPresent) falsePositives += weights.absent[index] as number;
    else falseNegatives += weights.present[index] as number;
  }
  return { falseNegatives, falsePositives };
}

/**
 * Finds the thresholds that leave the fewest anchors to the reference model within a budget; exact.
 *
 * With the i lowest anchors called absent and the j highest called present, false negatives are
 * those of reuse, plus what hangs on the i where the reference says present, less what it misses at
 * the j; false positives mirror them. All four sums grow with i or j: for every i the largest j
 * that the false positives allow is found by a pointer that never moves back, and it also has the
 * fewest false negatives. Anchors of equal scores stay together. With margins, what is lost by an
 * answer is summed up to that distance beyond its threshold, which leaves all of this as it is.
 */
export class ThresholdSearch {
  readonly #count: number;
  readonly #reuse: CountBudget;
  readonly #low: Sums;
  readonly #high: Sums;
  readonly #cuts: Cuts | null;

  constructor({ weights, scores, reference }: ThresholdSearchOptions) {
    this.#count = weights.anchors.length;
    this.#reuse = reuseErrors(weights, reference);
    this.#low = cumulate(weights, reference, "lowest first");
    this.#high = cumulate(weights, reference, "highest first");
    this.#cuts = scores && new Cuts(weights.anchors, scores);
  }

  /**
   * @param margins what is within them of a threshold must be within the budget, too
   * @returns null where nothing is within the budget; its counts are those without margins
   */
  within(budget: CountBudget, margins: ScoreMargins = NO_MARGINS): ThresholdChoice | null {
    const cuts = this.#cuts;
    if (cuts === null) return this.#withoutNetwork(budget);
    const count = this.#count;
    const reuse = this.#reuse;
    const low = this.#low;
    const high = this.#high;
    const reach = cuts.reach(margins);
    let best: (Outcome & { readonly i: number; readonly j: number }) | null = null;
    let allowed = 0;
    for (let i = 0; i <= count; i += 1) {
      const room = budget.falsePositives - reuse.falsePositives + at(low.absent, i);
      while (allowed < count && at(high.absent, reach.high(allowed + 1)) <= room) allowed += 1;
      if (room < 0 || !cuts.isLowCut(i)) continue;
      const j = cuts.highCutUpTo(Math.min(allowed, count - i));
      const inferred = count - i - j;
      if (best !== null && inferred > best.inferred) continue;
      const kept = reuse.falseNegatives - at(high.present, j);
      if (kept + at(low.present, reach.low(i)) > budget.falseNegatives) continue;
      const falseNegatives = kept + at(low.present, i);
      const falsePositives = reuse.falsePositives + at(high.absent, j) - at(low.absent, i);
      const outcome = { inferred, falseNegatives, falsePositives };
      if (best === null || isBetter(outcome, best)) best = { ...outcome, i, j };
    }
    if (best === null) return null;
    const { i, j, ...outcome } = best;
    return { cLow: cuts.low(i), cHigh: cuts.high(j), ...outcome };
  }

  #withoutNetwork(budget: CountBudget): ThresholdChoice | null {
    const { falseNegatives, falsePositives } = this.#reuse;
    if (falseNegatives > budget.falseNegatives) return null;
    if (falsePositives > budget.falsePositives) return null;
    return { cLow: 0, cHigh: 1, inferred: this.#count, falseNegatives, falsePositives };
  }
}

type Outcome = Pick<ThresholdChoice, "inferred" | "falseNegatives" | "falsePositives">;

function isBetter(a: Outcome, b: Outcome): boolean {
  if (a.inferred !== b.inferred) return a.inferred < b.inferred;
  return a.falseNegatives + a.falsePositives < b.falseNegatives + b.falsePositives;
}

/** Sums over the first k anchors from one end. */
interface Sums {
  readonly present: Float64Array;
  readonly absent: Float64Array;
}

/**
 * From the lowest on, what hangs on anchors that the reference calls present: calling them absent
 * changes it. From the highest on, what hangs on those it calls absent.
 */
function cumulate(
  weights: AnchorWeights,
  reference: Uint8Array,
  from: "lowest first" | "highest first",
): Sums {
  const count = weights.anchors.length;
  const changes = from === "lowest first" ? 1 : 0;
  const present = new Float64Array(count + 1);
  const absent = new Float64Array(count + 1);
  for (let k = 0; k < count; k += 1) {
    const index = from === "lowest first" ? k : count - 1 - k;
    const counts = reference[weights.anchors[index] as number] === changes;
    present[k + 1] = at(present, k) + (counts ? (weights.present[index] as number) : 0);
    absent[k + 1] = at(absent, k) + (counts ? (weights.absent[index] as number) : 0);
  }
  return { present, absent };
}

/** Numbers of anchors, from one end, that lie up to a margin beyond a threshold. */
interface Reach {
  /** Of the threshold below which the `i` lowest lie. */
  readonly low: (i: number) => number;
  /** Of that above which the `j` highest lie. */
  readonly high: (j: number) => number;
}

/** Places between anchors of different scores, where thresholds can be. */
class Cuts {
  readonly #sorted: Float32Array;
  readonly #logits: Float64Array;
  /** For each number of anchors from the top, the largest up to it that is a cut. */
  readonly #highCuts: Uint32Array;

  constructor(anchors: Uint32Array, scores: Float32Array) {
    this.#sorted = new Float32Array(anchors.length);
    for (let index = 0; index < anchors.length; index += 1) {
      this.#sorted[index] = scores[anchors[index] as number] as number;
    }
    this.#logits = Float64Array.from(this.#sorted, logit);
    this.#highCuts = new Uint32Array(anchors.length + 1);
    for (let j = 1; j <= anchors.length; j += 1) {
      this.#highCuts[j] = this.#isHighCut(j) ? j : (this.#highCuts[j - 1] as number);
    }
  }

  /** Anchors up to a margin beyond each threshold, to be asked for in ascending order. */
  reach({ falseNegatives, falsePositives }: ScoreMargins): Reach {
    const logits = this.#logits;
    const count = logits.length;
    let below = 0;
    let from = count;
    return {
      // The distance of scores is that of their logits, whose order is the same.
      low: (i) => {
        if (i === 0 || falseNegatives === 0) return i;
        const limit = logit(this.low(i)) + falseNegatives;
        while (below < count && (logits[below] as number) < limit) below += 1;
        return Math.max(i, below);
      },
      high: (j) => {
        if (j === 0 || falsePositives === 0) return j;
        const limit = logit(this.high(j)) - falsePositives;
        while (from > 0 && (logits[from - 1] as number) >= limit) from -= 1;
        return Math.max(j, count - from);
      },
    };
  }

  /** Whether the `i` lowest can be told from the others, by a threshold up to 1. */
  isLowCut(i: number): boolean {
    return i === 0 || this.#score(i - 1) < this.#score(i);
  }

  highCutUpTo(j: number): number {
    return this.#highCuts[j] as number;
  }

  /** Threshold below which the `i` lowest lie. */
  low(i: number): number {
    return i === 0 ? 0 : (this.#score(i - 1) + this.#score(i)) / 2;
  }

  /** Threshold above which the `j` highest lie. */
  high(j: number): number {
    const count = this.#sorted.length;
    return j === 0 ? 1 : (this.#score(count - j - 1) + this.#score(count - j)) / 2;
  }

  #isHighCut(j: number): boolean {
    const count = this.#sorted.length;
    return this.#score(count - j - 1) < this.#score(count - j);
  }

  #score(index: number): number {
    if (index < 0) return 0;
    return index >= this.#sorted.length ? 1 : (this.#sorted[index] as number);
  }
}

function at(sums: Float64Array, index: number): number {
  return sums[index] as number;
}
