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

/**
 * How a list of logits thins out towards its low end: the mean distance of the least twentieth to where
 * that begins, the scale of the exponential distribution that most tails come to (Balkema and de Haan,
 * "Residual life time at great age", Annals of Probability 2, 1974; Pickands, "Statistical inference
 * using extreme order statistics", Annals of Statistics 3, 1975). Of n scores none says how often others
 * will be below the least; this does: so far below it are a share of e⁻¹ of those that are below it.
 *
 * @param logits of frames that should score high; negate those that should score low
 * @returns at least `SCALE_MIN`
 */
export function tailScale(logits: Float64Array): number {
  const share = Math.ceil(TAIL_SHARE * logits.length);
  const wanted = Math.min(TAIL_COUNT_MAX, Math.max(TAIL_COUNT_MIN, share));
  const tail = logits.toSorted().subarray(0, wanted);
  const from = tail.at(-1) ?? 0;
  const excess = tail.subarray(0, -1).reduce((sum, value) => sum + from - value, 0);
  return Math.max(SCALE_MIN, excess / Math.max(1, tail.length - 1));
}
