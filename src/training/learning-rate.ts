export interface RateSchedule {
  /** The highest rate. */
  readonly peak: number;
  readonly stepCount: number;
  /** Steps in which the rate rises from near 0 to its peak. */
  readonly warmUpSteps: number;
}

/**
 * The learning rate of a step, counted from 0: a straight rise, then half a cosine down to near 0
 * (I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
 * without restarts).
 */
export function learningRate(step: number, { peak, stepCount, warmUpSteps }: RateSchedule): number {
  if (step < warmUpSteps) return (peak * (step + 1)) / (warmUpSteps + 1);
  const share = (step - warmUpSteps) / Math.max(1, stepCount - warmUpSteps);
  return (peak * (1 + Math.cos(Math.PI * share))) / 2;
}
