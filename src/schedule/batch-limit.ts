import { batchFactor } from "./batching.ts";

/** Frames added to the limit for each full call within the goal. */
const INCREASE = 0.125;
/** Share of the limit left after a call beyond the goal, as Clipper backs off by a tenth. */
const DECREASE = 0.9;
/** The goal where none is given, in single frames' times. */
const GOAL_FRAMES = 4;
/**
 * A frame that has just missed a call waits for it and then takes part in the next: two calls must
 * fit the goal (Shen et al., "Nexus", SOSP 2019, section 4).
 */
export const CALLS_PER_GOAL = 2;

export interface BatchLimitOptions {
  /** Most frames the device takes in one call. */
  readonly max: number;
  /** Time each further frame adds to a call, as a share of a single frame's. */
  readonly batchCost: number;
  /** Latency goal of a frame in ms; null for `goalFrames`. */
  readonly goalMs: number | null;
  /** The goal in single frames' service times, at least the default of 4. */
  readonly goalFrames?: number;
}

/**
 * How many frames a device may be given in one call, adapted by additive increase and
 * multiplicative decrease: a full call within the goal raises the limit a little, one beyond it
 * lowers it by a tenth (Crankshaw et al., "Clipper", NSDI 2017, section 4.3.1).
 *
 * It begins, as soon as a frame's time is known, where the measured cost of a batch says that the
 * goal is met. Pure: it sees only times.
 *
 * @example
 * ```ts
 * const limit = new BatchLimit({ max: 8, batchCost: 0.3, goalMs: null });
 * limit.begin(20); // 20 ms a frame: 80 ms for two calls
 * limit.value; // 4: a call of 4 takes 38 ms
 * ```
 */
export class BatchLimit {
  readonly max: number;
  readonly #batchCost: number;
  readonly #goalMs: number | null;
  readonly #goalFrames: number;
  #limit = 1;
  #hasBegun = false;

  constructor({ max, batchCost, goalMs, goalFrames = GOAL_FRAMES }: BatchLimitOptions) {
    this.max = max;
    this.#batchCost = batchCost;
    this.#goalMs = goalMs;
    this.#goalFrames = Math.max(GOAL_FRAMES, goalFrames);
  }

  /** Frames of the next call at most, 1 to `max`. HOT. */
  get value(): number {
    return Math.floor(this.#limit);
  }

  /** Longest time in ms a call may take, for single frames of `serviceMs`. */
  callMsMax(serviceMs: number): number {
    return (this.#goalMs ?? this.#goalFrames * serviceMs) / CALLS_PER_GOAL;
  }

  /** Sets the limit by what single frames are expected to take, in ms; 0 leaves it open still. */
  begin(serviceMs: number): void {
    if (serviceMs === 0) return;
    this.#hasBegun = true;
    const callMsMax = this.callMsMax(serviceMs);
    let count = 1;
    while (
      count < this.max &&
      serviceMs * batchFactor({ batchCost: this.#batchCost }, count + 1) <= callMsMax
    ) {
      count += 1;
    }
    this.#limit = count;
  }

  /**
   * A call has been answered. HOT: once a call.
   * @param count its frames
   * @param ms the time it took
   * @param serviceMs estimated time of a single frame
   */
  answered(count: number, ms: number, serviceMs: number): void {
    if (this.max === 1) return;
    if (!this.#hasBegun) {
      this.begin(serviceMs);
      return;
    }
    if (ms > this.callMsMax(serviceMs)) this.#limit = Math.max(1, this.#limit * DECREASE);
    else if (count >= this.value) this.#limit = Math.min(this.max, this.#limit + INCREASE);
  }
}
