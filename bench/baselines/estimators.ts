/** An estimate of a device's service time, after one more answer. */
export type Estimator = (measuredMs: number) => number;

/** Exponentially weighted moving average: the newest time counts for `gain`. */
export function ewma(gain: number): Estimator {
  let meanMs = 0;
  return (ms) => {
    meanMs = meanMs === 0 ? ms : meanMs + gain * (ms - meanMs);
    return meanMs;
  };
}

/** Median of the newest times, then an average. */
export function medianThenEwma(count: number, gain: number): Estimator {
  const newest: number[] = [];
  const average = ewma(gain);
  return (ms) => {
    newest.push(ms);
    if (newest.length > count) newest.shift();
    return average(median(newest));
  };
}

/**
 * Mean and mean deviation with gains 1/8 and 1/4 (Jacobson, Congestion Avoidance and Control,
 * 1988), times counting as at most 4 deviations off.
 */
export function meanAndDeviation(): Estimator {
  let meanMs = 0;
  let deviationMs = 0;
  return (ms) => {
    if (meanMs === 0) {
      meanMs = ms;
      deviationMs = ms / 2;
      return ms;
    }
    const error = Math.max(-4 * deviationMs, Math.min(4 * deviationMs, ms - meanMs));
    deviationMs += (Math.abs(error) - deviationMs) / 4;
    meanMs += error / 8;
    return meanMs;
  };
}

/**
 * An average of times clipped to a third and three times it; `count` in a row on one side reset it.
 */
export function resetByRuns(count: number, band: number): Estimator {
  const newest: number[] = [];
  let meanMs = 0;
  let answers = 0;
  let side = 0;
  let run = 0;
  return (ms) => {
    newest.push(ms);
    if (newest.length > count) newest.shift();
    answers += 1;
    if (meanMs === 0) {
      meanMs = ms;
      return ms;
    }
    const distance = Math.log(ms / meanMs);
    const newSide = Math.abs(distance) > band ? Math.sign(distance) : 0;
    run = newSide === 0 ? 0 : newSide === side ? run + 1 : 1;
    side = newSide;
    if (run >= count) {
      meanMs = median(newest);
      answers = count;
      run = 0;
      return meanMs;
    }
    const clipped = Math.max(meanMs / 3, Math.min(3 * meanMs, ms));
    meanMs += Math.max(0.1, 1 / answers) * (clipped - meanMs);
    return meanMs;
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
