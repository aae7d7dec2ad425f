import type { ServiceEstimate } from "./service-estimate.ts";

/** A change is told from this factor on, ... */
const FACTOR_MIN = 1.25;
/** ... from so many standard errors of both times on, ... */
const ERRORS_MIN = 4;
/** ... and from this many ms on: below lies the clock's and the system's own jitter. */
const CHANGE_MS_MIN = 0.5;
/** A change is one when it has lasted for this long, and for so many answers. */
const SUSTAINED_MS = 500;
const SUSTAINED_COUNT = 3;
/** Before a device's speed is taken as known. */
const SETTLED_MS = 1000;
const SETTLED_COUNT = 8;
/** A known speed goes on following the estimate for so many answers: the first ones are rough. */
const FIRM_COUNT = 40;

/** A device has changed its speed for good. Times of a frame in ms. */
export interface SpeedChange {
  /** Monotonic clock when it began, as far as answers show. */
  readonly sinceMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Tells when a device's speed has changed, once for each change: its estimated time has left the
 * known one by a quarter, further than chance would take it, and has stayed there for half a
 * second. What it then takes is the known one; so a time that wavers about a limit is no change.
 *
 * Pure: the clock comes in with every call. To be asked now and then, not with every frame.
 */
export class DriftWatch {
  /** Known time of a frame in ms; 0 before it has settled. */
  levelMs = 0;
  #firstMs = 0;
  #levelUncertainty = 0;
  /** Answers in all from which on it is firm. */
  #firmCount = FIRM_COUNT;
  /** Clock at the first call with an answer; -1 before. */
  #startedMs = -1;
  /** Clock when there was last no sign of a change to slower, and to quicker. */
  #notSlowerMs = 0;
  #notQuickerMs = 0;
  /** In which direction it is off, since when, and when that was first seen. */
  #offSide = 0;
  #offSinceMs = 0;
  #offSeenMs = 0;
  /** Answers in all when it was first off. */
  #offAnswers = 0;

  /** How many times longer a frame takes than when the device began; 1 while that is not known. */
  get slowdown(): number {
    return this.levelMs === 0 ? 1 : this.levelMs / this.#firstMs;
  }

  /**
   * Looks at the estimate.
   * @param answers frames the device has answered in all
   * @returns the change, where one is certain since the last call; null else
   */
  look(nowMs: number, estimate: ServiceEstimate, answers: number): SpeedChange | null {
    if (answers === 0) return null;
    if (this.#startedMs < 0) this.#startedMs = nowMs;
    if (this.levelMs === 0) {
      this.#notSlowerMs = nowMs;
      this.#notQuickerMs = nowMs;
      const isSettled = nowMs - this.#startedMs >= SETTLED_MS && answers >= SETTLED_COUNT;
      if (isSettled) this.#settle(estimate);
      return null;
    }
    const side = this.#sideOf(estimate);
    if (side !== this.#offSide) {
      this.#offSide = side;
      this.#offSinceMs = side > 0 ? this.#notSlowerMs : this.#notQuickerMs;
      this.#offSeenMs = nowMs;
      this.#offAnswers = answers;
    }
    if (estimate.slowerCount === 0) this.#notSlowerMs = nowMs;
    if (estimate.quickerCount === 0) this.#notQuickerMs = nowMs;
    const isFirm = answers >= this.#firmCount || estimate.isSuspicious;
    if (side === 0 && !isFirm) this.#settle(estimate);
    const isSustained =
      nowMs - this.#offSeenMs >= SUSTAINED_MS && answers - this.#offAnswers >= SUSTAINED_COUNT;
    if (side === 0 || !isSustained) return null;
    const fromMs = this.levelMs;
    this.levelMs = estimate.meanMs;
    this.#levelUncertainty = estimate.uncertainty;
    this.#firmCount = answers + FIRM_COUNT;
    this.#offSide = 0;
    return { sinceMs: this.#offSinceMs, fromMs, toMs: this.levelMs };
  }

  #settle({ meanMs, uncertainty }: ServiceEstimate): void {
    // Before the first change this is also what later times are compared with.
    if (this.#firstMs === this.levelMs) this.#firstMs = meanMs;
    this.levelMs = meanMs;
    this.#levelUncertainty = uncertainty;
  }

  /** 1 where the device is certainly slower than known, -1 where it is quicker, else 0. */
  #sideOf({ meanMs, uncertainty }: ServiceEstimate): number {
    const distance = Math.log(meanMs / this.levelMs);
    const least = ERRORS_MIN * Math.hypot(uncertainty, this.#levelUncertainty);
    if (Math.abs(distance) < Math.max(Math.log(FACTOR_MIN), least)) return 0;
    if (Math.abs(meanMs - this.levelMs) < CHANGE_MS_MIN) return 0;
    return Math.sign(distance);
  }
}
