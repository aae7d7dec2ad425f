import { areaUnderCurve } from "./auc.ts";
import { type ClassWeights, weightedLoss } from "./class-weights.ts";
import { NetworkScorer } from "./network-scorer.ts";
import type { LabelledPictures } from "./options.ts";

/** How good a network is on pictures it has not learnt from. */
export interface Validation {
  readonly auc: number;
  /** Mean weighted cross-entropy. */
  readonly loss: number;
  /** Probability for each picture, f32 [count]. */
  readonly scores: Float32Array;
}

/** What is missing to an AUC of 1 must shrink to this share of it, or the losses decide. */
const AUC_GAP_SHARE = 0.8;
/** Scores that spread less than this say the same of every picture. */
const SPREAD_MIN = 1e-3;

/** Asks a network, as it would be used. */
export function validate(
  model: Uint8Array,
  { images, labels }: LabelledPictures,
  weights: ClassWeights,
): Validation {
  const scores = new Float32Array(labels.length);
  const scorer = new NetworkScorer(model);
  try {
    scorer.score(images, labels.length, scores);
  } finally {
    scorer.close();
  }
  const loss = weightedLoss(scores, labels, weights);
  return { scores, loss, auc: areaUnderCurve(scores, labels) };
}

/**
 * Whether a network's validation is better than the best so far: by the AUC, and where the AUCs are
 * as good as equal, by the loss, which goes on falling while the scores of both kinds part.
 */
export function isBetter(now: Validation, best: Validation): boolean {
  const [gap, leastGap] = [1 - now.auc, 1 - best.auc];
  if (gap < AUC_GAP_SHARE * leastGap) return true;
  if (leastGap < AUC_GAP_SHARE * gap) return false;
  return now.loss < best.loss;
}

/** Whether all scores are the same, or no numbers. */
export function isFlat({ scores }: Validation): boolean {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) {
    if (!Number.isFinite(score)) return true;
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  return most - least < SPREAD_MIN;
}
