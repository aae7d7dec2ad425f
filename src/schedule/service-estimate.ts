import { callMs, callsMs } from "./batching.ts";
import type { DeviceState } from "./scheduler.ts";

/** Never 0 once known: a device too quick for the clock has all the room there is. */
const SERVICE_MS_MIN = 1e-4;
/** Answers that the mean, and the spread, go back over once there are as many. */
const MEAN_WINDOW = 20;
/** Spread before anything is known of it; counts as much as this many answers. */
const SPREAD_FIRST = 0.3;
const SPREAD_FIRST_WEIGHT = 4;
/** A smaller spread is not believed: a few percent are no change worth a decision. */
const SPREAD_MIN = 0.1;
/** Nor is a larger one: above 1.6 the skew it stands for would feed it without end. */
const SPREAD_MAX = 1;
/** Standard deviation over mean absolute deviation of normal numbers: √(π/2). */
const DEVIATION_RATIO = Math.sqrt(Math.PI / 2);
/** 99 % of normal numbers are less than so many standard deviations above the mean. */
const P99_SCORE = 2.326;
/** An answer counts as at most so many standard deviations off. */
const CLIP = 3;
/** The cumulative sums' allowance and limit, in standard deviations. */
const ALLOWANCE = 0.5;
const LIMIT = 8;
/** An answer this many standard deviations quicker shows that an old estimate is out of date. */
const TRIAL = 2;
/** Newest answers that are remembered to begin again from. */
const RECENT_COUNT = 7;

/**
 * Running estimate of a device's service time for one model: steady while times scatter, unmoved by
 * a stall, and quick where the device has changed its speed for good.
 *
 * Times are taken by their logarithm, where a factor is a distance and lognormal times are normal.
 *
 * - The mean and the spread are exponentially weighted; the first answers count alike.
 * - An answer further off than 3 standard deviations counts as one that far off (winsorizing;
 *   Huber, Robust Statistics, 1981): a stall of ten times moves a steady estimate by 2 %.
 * - Two cumulative sums watch for a change (Page, Continuous Inspection Schemes, Biometrika 41,
 *   1954), with allowance ½ and limit 8: no three stalls in a row reach it, half the speed does
 *   with the fourth answer, or the fifth where times scatter by 30 %. The estimate then begins
 *   again from the median of the answers since the change began.
 *
 * @example
 * ```ts
 * const estimate = new ServiceEstimate();
 * for (const ms of [20, 20, 20, 200, 20]) estimate.answered(ms);
 * estimate.meanMs; // 23.7: the stall counts as 39 ms
 * ```
 */
export class ServiceEstimate {
  /** Mean service time in ms, above 0; 0 before the first answer. */
  meanMs = 0;
  /** Standard deviation of the time's logarithm; about the coefficient of variation. */
  spread: number = SPREAD_FIRST;
  /** Answers since the device last changed its speed. */
  count = 0;
  /** Answers since the change to slower, or to quicker, began, if there is one: its sum was 0. */
  slowerCount = 0;
  quickerCount = 0;
  #slower = 0;
  #quicker = 0;
  /** The newest answers in ms, round and round. */
  readonly #recent = new Float64Array(RECENT_COUNT);
  #next = 0;

  /**
   * Takes in one more answer, which took `measuredMs`. Returns the new mean. HOT.
   * @param isTrial the estimate may be out of date: a much quicker answer replaces it
   */
  answered(measuredMs: number, isTrial = false): number {
    const ms = Math.max(measuredMs, SERVICE_MS_MIN);
    this.#recent[this.#next] = ms;
    this.#next = this.#next + 1 === RECENT_COUNT ? 0 : this.#next + 1;
    this.count += 1;
    if (this.count === 1) return this.#startFrom(ms);
    const deviation = Math.max(this.spread, SPREAD_MIN);
    // The logarithm of a lognormal's mean lies half the variance above its logarithms' mean.
    const skew = 0.5 * this.spread * this.spread;
    const score = (Math.log(ms / this.meanMs) + skew) / deviation;
    if (isTrial && score < -TRIAL) return this.#startFrom(ms);
    const clipped = Math.max(-CLIP, Math.min(CLIP, score));
    if (this.#hasChanged(clipped)) return this.#beginAgain(skew);
    const weight = 1 / Math.min(MEAN_WINDOW, this.count + SPREAD_FIRST_WEIGHT);
    const scatter = DEVIATION_RATIO * Math.abs(clipped) * deviation;
    this.spread = Math.min(SPREAD_MAX, this.spread + weight * (scatter - this.spread));
    const counted = clipped === score ? ms : this.meanMs * Math.exp(clipped * deviation - skew);
    this.meanMs += (counted - this.meanMs) / Math.min(MEAN_WINDOW, this.count);
    return this.meanMs;
  }

  /** Time in ms that one frame of 100 exceeds, were times lognormal; 0 before the first answer. */
  get p99Ms(): number {
    return this.meanMs * Math.exp(P99_SCORE * this.spread - 0.5 * this.spread * this.spread);
  }

  /** Whether there may be a change that is not yet certain. */
  get isSuspicious(): boolean {
    return Math.max(this.#slower, this.#quicker) > LIMIT / 4;
  }

  /** Relative standard error of the mean. */
  get uncertainty(): number {
    // An exponential window of n answers is as good as 2n - 1 that count alike.
    return this.spread / Math.sqrt(Math.min(2 * MEAN_WINDOW - 1, Math.max(1, this.count)));
  }

  #hasChanged(score: number): boolean {
    const slower = this.#slower + score - ALLOWANCE;
    const quicker = this.#quicker - score - ALLOWANCE;
    this.#slower = Math.max(0, slower);
    this.#quicker = Math.max(0, quicker);
    this.slowerCount = slower > 0 ? this.slowerCount + 1 : 0;
    this.quickerCount = quicker > 0 ? this.quickerCount + 1 : 0;
    return slower > LIMIT || quicker > LIMIT;
  }

  #beginAgain(skew: number): number {
    const since = this.#slower > LIMIT ? this.slowerCount : this.quickerCount;
    const count = Math.min(since, RECENT_COUNT);
    this.#startFrom(this.#medianOfNewest(count) * Math.exp(skew));
    this.count = count;
    return this.meanMs;
  }

  #startFrom(ms: number): number {
    this.meanMs = ms;
    this.count = 1;
    this.#slower = 0;
    this.#quicker = 0;
    this.slowerCount = 0;
    this.quickerCount = 0;
    return ms;
  }

  /** The middle one of the newest answers, the greater of the two in the middle. */
  #medianOfNewest(count: number): number {
    for (let back = 1; back <= count; back += 1) {
      const value = this.#newest(back);
      let smaller = 0;
      let equal = 0;
      for (let other = 1; other <= count; other += 1) {
        if (this.#newest(other) < value) smaller += 1;
        else if (this.#newest(other) === value) equal += 1;
      }
      const middle = Math.floor(count / 2);
      if (smaller <= middle && middle < smaller + equal) return value;
    }
    throw new RangeError(`no median of ${count} answers`);
  }

  /** The answer `back` answers ago, 1 being the newest. */
  #newest(back: number): number {
    return this.#recent[(this.#next - back + RECENT_COUNT) % RECENT_COUNT] as number;
  }
}

/** Expected time in ms until the device has answered everything it was given; 0 when idle. HOT. */
export function residualMs(device: DeviceState, nowMs: number): number {
  if (device.inFlight === 0) return 0;
  const current = Math.min(device.inFlight, device.batch);
  const currentMs = Math.max(0, callMs(device, current) - (nowMs - device.busySinceMs));
  return currentMs + callsMs(device, device.inFlight - current);
}
