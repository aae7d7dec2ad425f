/** What a source asks for, and what it is entitled to. */
export interface Demand {
  /** Frames it would have answered. */
  readonly frames: number;
  readonly weight: number;
  /** Higher ones are served first. */
  readonly priority: number;
}

/**
 * Frames of each source where `capacity` frames are shared out fairly: weighted max-min fairness.
 * Nobody gets more than it asks for; what is left over goes to the others by their weights, so that
 * none could have more without one that has less for its weight losing some. A lower priority gets
 * what higher ones leave.
 */
export function fairShares(demands: readonly Demand[], capacity: number): number[] {
  const shares = new Array<number>(demands.length).fill(0);
  let left = capacity;
  const levels = [...new Set(demands.map(({ priority }) => priority))].sort((a, b) => b - a);
  for (const level of levels) {
    // The source that is satisfied first asks for least beside its weight.
    const order = demands
      .map((demand, index) => ({ ...demand, index }))
      .filter(({ priority }) => priority === level)
      .sort((a, b) => a.frames / a.weight - b.frames / b.weight);
    let weights = order.reduce((sum, { weight }) => sum + weight, 0);
    for (const { frames, weight, index } of order) {
      const share = Math.min(frames, (left * weight) / weights);
      shares[index] = share;
      left -= share;
      weights -= weight;
    }
  }
  return shares;
}

/**
 * Fairness index of Jain, Chiu and Hawe (1984): (Σx)² / (n·Σx²), from 1/n where one has everything
 * to 1 where all have the same; 1 for no values.
 *
 * @param values what each has, beside what it should have
 */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

/**
 * Jain's index of what sources got beside their fair shares; those entitled to nothing left out.
 */
export function fairnessOf(sources: readonly (Demand & { readonly answered: number })[]): number {
  const capacity = sources.reduce((sum, { answered }) => sum + answered, 0);
  const shares = fairShares(sources, capacity);
  return jainIndex(
    sources.flatMap(({ answered }, index) => {
      const share = shares[index] as number;
      return share < 1 ? [] : [answered / share];
    }),
  );
}
