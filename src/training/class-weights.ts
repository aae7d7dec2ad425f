/** Weights of both kinds of examples' losses. */
export interface ClassWeights {
  readonly absent: number;
  readonly present: number;
}

/**
 * Weights by one over the square root of each kind's share, their mean over all examples 1. A rare
 * object counts for more than its share, and not for as much as all the rest: full balance made
 * a rare object's false alarms cheap.
 *
 * @param labels 0 or 1 each, both present
 *
 * @example
 * ```ts
 * classWeights(Uint8Array.of(1, 0, 0, 0, 0)); // { absent: 0.833…, present: 1.666… }
 * ```
 */
export function classWeights(labels: Uint8Array): ClassWeights {
  const count = labels.length;
  const presentCount = labels.reduce((sum, label) => sum + label, 0);
  const absentCount = count - presentCount;
  const mean = (Math.sqrt(absentCount * count) + Math.sqrt(presentCount * count)) / count;
  return {
    absent: Math.sqrt(count / absentCount) / mean,
    present: Math.sqrt(count / presentCount) / mean,
  };
}

/** Probabilities closer to 0 or 1 than this count as this close. */
const PROBABILITY_MIN = 1e-7;

/** Mean weighted binary cross-entropy of probabilities. */
export function weightedLoss(
  scores: Float32Array,
  labels: Uint8Array,
  { absent, present }: ClassWeights,
): number {
  let sum = 0;
  for (let index = 0; index < labels.length; index += 1) {
    const isPresent = labels[index] === 1;
    const score = scores[index] as number;
    const probability = Math.max(PROBABILITY_MIN, isPresent ? score : 1 - score);
    sum -= (isPresent ? present : absent) * Math.log(probability);
  }
  return sum / labels.length;
}
