/** Share of the scores that the tail is, and how many that is at least and at most. */
const TAIL_SHARE = 0.05;
const TAIL_COUNT_MIN = 10;
const TAIL_COUNT_MAX = 200;
/** Scores closer to 0 or 1 than this count as this close. */
const SCORE_MIN = 1e-7;
/** Tails are not narrower: scores that are all alike say nothing of others. Logits. */
const SCALE_MIN = 0.25;

/** Where a probability lies on the scale on which a network's scores differ evenly: ln(p / (1 − p)). */
export function logit(score: number): number {
  const probability = Math.min(1 - SCORE_MIN, Math.max(SCORE_MIN, score));
  return Math.log(probability / (1 - probability));
}

/** The way back: 1 / (1 + e^−x). */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * The low end of a list of logits, and how it goes on below the least of them: as an exponential
 * distribution, the limit of most tails (Balkema and de Haan, "Residual life time at great age",
 * Annals of Probability 2, 1974; Pickands, "Statistical inference using extreme order statistics",
 * Annals of Statistics 3, 1975). Of n scores none says how often others will be below the least; the
 * way they thin out does.
 */
export class ScoreTail {
  /** Mean distance of the tail's logits to where it begins. */
  readonly scale: number;
  readonly #sorted: Float64Array;
  readonly #count: number;
  readonly #from: number;

  /** @param logits of frames that should score high; negate those that should score low */
  constructor(logits: Float64Array) {
    this.#sorted = logits.toSorted();
    const share = Math.ceil(TAIL_SHARE * logits.length);
    const wanted = Math.min(TAIL_COUNT_MAX, Math.max(TAIL_COUNT_MIN, share));
    this.#count = Math.min(logits.length, wanted);
    this.#from = this.#sorted[this.#count - 1] ?? 0;
    const tail = this.#sorted.subarray(0, Math.max(0, this.#count - 1));
    const excess = tail.reduce((sum, value) => sum + this.#from - value, 0);
    this.scale = Math.max(SCALE_MIN, tail.length === 0 ? 0 : excess / tail.length);
  }

  /** Share of all such frames that is below a logit; 0 where none are known. */
  below(limit: number): number {
    const total = this.#sorted.length;
    if (total === 0) return 0;
    const begins = this.#from;
    if (limit >= begins) return countBelow(this.#sorted, limit) / total;
    return (this.#count / total) * Math.exp((limit - begins) / this.scale);
  }
}

/** How many of the ascending values are below a limit. */
export function countBelow(sorted: ArrayLike<number>, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
