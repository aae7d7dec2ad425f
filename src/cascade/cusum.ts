/** Rates below it are watched as if they were this large: audits never tell them from it. */
const BASELINE_MIN = 2e-4;
/** Largest rate a rise is tuned for. */
const RISEN_MAX = 0.9;
const THRESHOLD_MAX = 1 << 20;

export interface CusumOptions {
  /** Highest error rate that is as promised, 0–1 exclusive. */
  readonly baseline: number;
  /** How many times the baseline is to be noticed soonest. Above 1. */
  readonly factor: number;
  /** Audited frames from one false alarm to the next on average, at least, at the baseline. */
  readonly falseAlarmEvery: number;
}

/** A designed test: what it adds and when it alarms, with its exact average run lengths. */
export interface CusumDesign {
  readonly baseline: number;
  /** The rate it is most sensitive to. */
  readonly risen: number;
  /** Added for a wrong frame; a right one takes 1 away, down to 0. */
  readonly stepUp: number;
  /** Alarm when the sum comes to it. */
  readonly threshold: number;
  /** Mean audited frames until an alarm at the baseline: what false alarms cost. */
  readonly falseAlarmEvery: number;
  /** Mean audited frames until an alarm at the risen rate. */
  readonly noticedAfter: number;
}

/**
 * Designs a Bernoulli CUSUM (Reynolds and Stoumbos, "A CUSUM chart for monitoring a proportion when
 * inspecting continuously", Journal of Quality Technology 31, 1999): log-likelihood steps rounded
 * to whole numbers, so that the sum is a Markov chain whose run lengths are exact.
 *
 * @throws {RangeError} for rates and factors that cannot be
 */
export function designCusum({ baseline, factor, falseAlarmEvery }: CusumOptions): CusumDesign {
  if (!(baseline >= 0 && baseline < RISEN_MAX && factor > 1 && falseAlarmEvery >= 1)) {
    throw new RangeError(`designCusum: baseline ${baseline}, factor ${factor}`);
  }
  const before = Math.max(BASELINE_MIN, baseline);
  const risen = Math.min(factor * before, (before + 1) / 2, RISEN_MAX);
  // Where wrong and right frames balance, in wrong frames for each right one.
  const down = Math.log((1 - before) / (1 - risen));
  const up = Math.log(risen / before);
  const stepUp = Math.max(1, Math.round(up / down));
  const enough = (threshold: number): boolean =>
    averageRunLength(stepUp, threshold, before) >= falseAlarmEvery;
  let high = stepUp;
  while (!enough(high) && high < THRESHOLD_MAX) high *= 2;
  let low = 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return {
    baseline: before,
    risen,
    stepUp,
    threshold: high,
    falseAlarmEvery: averageRunLength(stepUp, high, before),
    noticedAfter: averageRunLength(stepUp, high, risen),
  };
}

/**
 * Mean frames until the sum, from 0, comes to the threshold when this share of frames is wrong.
 *
 * With E(k) for the sum at k: E(k) = 1 + (1 − rate)·E(max(0, k − 1)) + rate·E(k + stepUp), and 0
 * from the threshold on. From the top down each E(k) is a + b·E(k − 1), which leaves one equation.
 */
export function averageRunLength(stepUp: number, threshold: number, rate: number): number {
  const constant = new Float64Array(threshold);
  const slope = new Float64Array(threshold);
  for (let k = threshold - 1; k >= 0; k -= 1) {
    // E(k + stepUp) as a line in E(k).
    let a = 0;
    let b = 0;
    if (k + stepUp < threshold) {
      b = 1;
      for (let j = k + 1; j <= k + stepUp; j += 1) {
        a = (constant[j] as number) + (slope[j] as number) * a;
        b *= slope[j] as number;
      }
    }
    if (k === 0) return (1 + rate * a) / (rate * (1 - b));
    const rest = 1 - rate * b;
    constant[k] = (1 + rate * a) / rest;
    slope[k] = (1 - rate) / rest;
  }
  return 0;
}

/** A running test. */
export class Cusum {
  readonly design: CusumDesign;
  #sum = 0;
  #alarmed = false;

  constructor(design: CusumDesign) {
    this.design = design;
  }

  /** The sum, from 0 up to the threshold. */
  get sum(): number {
    return this.#sum;
  }

  /** Takes an audited frame; whether the test has alarmed, now or before. */
  observe(isWrong: boolean): boolean {
    this.#sum = Math.max(0, this.#sum + (isWrong ? this.design.stepUp : -1));
    this.#alarmed ||= this.#sum >= this.design.threshold;
    return this.#alarmed;
  }

  /** Forgets everything. */
  reset(): void {
    this.#sum = 0;
    this.#alarmed = false;
  }
}
