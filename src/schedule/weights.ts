/**
 * Returns the weights of a fixed-share policy as they are.
 * @throws {RangeError} where one is no positive number
 */
export function checkWeights(weights: readonly number[]): readonly number[] {
  if (weights.every((weight) => weight > 0 && Number.isFinite(weight))) return weights;
  throw new RangeError(`weights must be positive numbers, not ${weights.join(":")}`);
}
