/**
 * Extremal index of marks among trials: the reciprocal of how many marks come together on average,
 * in (0, 1]. Marks that are rare and independent have 1; those that come in bunches of n have 1/n.
 *
 * The intervals estimator (C. Ferro, J. Segers, "Inference for clusters of extreme values", Journal of
 * the Royal Statistical Society B 65, 2003, eq. 5 and 8), which needs no rule for where a bunch ends:
 * the trials from one mark to the next are short within bunches and exponential between them. The
 * last interval goes on at the first trial, so that one bunch alone is seen to be one.
 *
 * @param trials 1 where a frame counts
 * @param marked 1 where a frame that counts is marked; at least one
 *
 * @example
 * ```ts
 * extremalIndex(all(1000), marks); // 0.25: marks come in fours
 * ```
 */
export function extremalIndex(trials: Uint8Array, marked: Uint8Array): number {
  const intervals = intervalsBetween(trials, marked);
  if (intervals.length === 0) throw new RangeError("extremalIndex: nothing is marked");
  // Intervals of one trial are within bunches for certain; where none is long, all are alike.
  const isLong = intervals.some((interval) => interval > 2);
  let sum = 0;
  let squares = 0;
  for (const interval of intervals) {
    sum += isLong ? interval - 1 : interval;
    squares += isLong ? (interval - 1) * (interval - 2) : interval * interval;
  }
  return Math.min(1, (2 * sum * sum) / (intervals.length * squares));
}

/** Trials from each mark to the next, and from the last one to the first. */
function intervalsBetween(trials: Uint8Array, marked: Uint8Array): number[] {
  const places: number[] = [];
  let count = 0;
  for (let frame = 0; frame < trials.length; frame += 1) {
    if (trials[frame] !== 1) continue;
    if (marked[frame] === 1) places.push(count);
    count += 1;
  }
  return places.map((place, index) => (places[index + 1] ?? count + (places[0] as number)) - place);
}
