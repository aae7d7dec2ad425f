import type { DeviceState } from "./scheduler.ts";

/** How often devices are looked at. */
const LOOK_MS = 250;
/** A device is tried when it has rested for so many of its service times, ... */
const PATIENCE_MAX = 200;
/** ... where it has been given no more frames than a stall could have spoilt for so many, ... */
const PATIENCE_NEW = 20;
const NEW_COUNT = 5;
/**
 * ... and where it was known to be quicker for so many at first, twice as many with every trial;
 */
const PATIENCE_DEGRADED = 5;
/** ... but for this long at least. */
const REST_MS_MIN = 1000;
/** Frames that others must have taken meanwhile, for each of those service times. */
const FRAMES_PER_PATIENCE = 2.5;
/** A device is known to be quicker where its time is more than so many times its best. */
const DEGRADED_FACTOR = 1.5;

/**
 * Devices that a policy leaves out because they seem too slow, and that may be slow no more: after
 * a rest what is known of one is forgotten, so that the next frame tries it. One that has been
 * quicker in this run is tried soon, and then less and less often (exponential backoff).
 *
 * A device that stays as slow makes the frames behind this one wait for its turn: in the long run
 * for half a percent of the time at most, and with one frame of 500, which the 99th percentile does
 * not see.
 */
export class RestedDevices {
  readonly #devices: readonly DeviceState[];
  // Per device, when it was last given a frame: the clock, and the frames that had arrived.
  readonly #givenMs: Float64Array;
  readonly #givenArrivals: Float64Array;
  readonly #givenCount: Float64Array;
  /** Shortest service time each device was known by. */
  readonly #bestMs: Float64Array;
  readonly #patience: Float64Array;
  #nextLookMs = Number.NEGATIVE_INFINITY;

  constructor(devices: readonly DeviceState[]) {
    this.#devices = devices;
    this.#givenMs = new Float64Array(devices.length);
    this.#givenArrivals = new Float64Array(devices.length);
    this.#givenCount = new Float64Array(devices.length);
    this.#bestMs = new Float64Array(devices.length).fill(Number.POSITIVE_INFINITY);
    this.#patience = new Float64Array(devices.length).fill(PATIENCE_DEGRADED);
  }

  /** The device is given a frame, the last of `arrivals` having arrived. HOT. */
  given(device: number, nowMs: number, arrivals: number): void {
    this.#givenMs[device] = nowMs;
    this.#givenArrivals[device] = arrivals;
    this.#givenCount[device] = (this.#givenCount[device] as number) + 1;
  }

  /** Forgets the time of the first device that has rested for long enough. HOT. */
  look(nowMs: number, arrivals: number): void {
    if (nowMs < this.#nextLookMs) return;
    if (this.#nextLookMs === Number.NEGATIVE_INFINITY) this.#givenMs.fill(nowMs);
    this.#nextLookMs = nowMs + LOOK_MS;
    for (let index = 0; index < this.#devices.length; index += 1) {
      const device = this.#devices[index] as DeviceState;
      const { serviceMs } = device;
      if (!device.alive || serviceMs === 0) continue;
      const patience = this.#patienceWith(index, serviceMs);
      if (device.inFlight + device.assigned > 0) continue;
      const passedOver = arrivals - (this.#givenArrivals[index] as number);
      if (passedOver < FRAMES_PER_PATIENCE * patience) continue;
      const restMs = nowMs - (this.#givenMs[index] as number);
      if (restMs < Math.max(REST_MS_MIN, patience * serviceMs)) continue;
      this.#patience[index] = Math.min(PATIENCE_MAX, 2 * patience);
      device.serviceMs = 0;
      return;
    }
  }

  /** For how many of its service times the device is left alone. */
  #patienceWith(index: number, serviceMs: number): number {
    if ((this.#givenCount[index] as number) < NEW_COUNT) return PATIENCE_NEW;
    const bestMs = Math.min(this.#bestMs[index] as number, serviceMs);
    this.#bestMs[index] = bestMs;
    if (serviceMs > DEGRADED_FACTOR * bestMs) return this.#patience[index] as number;
    this.#patience[index] = PATIENCE_DEGRADED;
    return PATIENCE_MAX;
  }
}
