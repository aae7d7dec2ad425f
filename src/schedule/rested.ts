import type { DeviceState } from "./scheduler.ts";

/** How often devices are looked at. */
const LOOK_MS = 500;
/** A device is tried after resting this long, for so many of its service times, ... */
const REST_MS_MIN = 5000;
const REST_FACTOR = 200;
/** ... or for so many where it has been given no more frames than a stall could have spoilt, ... */
const REST_FACTOR_NEW = 20;
const NEW_COUNT = 5;
/** ... and this many frames that others took. */
const REST_FRAMES = 500;

/**
 * Devices that a policy leaves out because they seem too slow, and that may be slow no more: after a
 * rest what is known of one is forgotten, so that the next frame tries it.
 *
 * A device that has stayed as slow makes the frames behind this one wait for its turn: for half
 * a percent of the time at most, and with one frame of 500: the 99th percentile does not see it.
 */
export class RestedDevices {
  readonly #devices: readonly DeviceState[];
  // Per device, when it was last given a frame: the clock, and the frames that had arrived.
  readonly #givenMs: Float64Array;
  readonly #givenArrivals: Float64Array;
  readonly #givenCount: Float64Array;
  #nextLookMs = Number.NEGATIVE_INFINITY;

  constructor(devices: readonly DeviceState[]) {
    this.#devices = devices;
    this.#givenMs = new Float64Array(devices.length);
    this.#givenArrivals = new Float64Array(devices.length);
    this.#givenCount = new Float64Array(devices.length);
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
      if (!device.alive || device.inFlight + device.assigned > 0) continue;
      if (arrivals - (this.#givenArrivals[index] as number) < REST_FRAMES) continue;
      const factor =
        (this.#givenCount[index] as number) < NEW_COUNT ? REST_FACTOR_NEW : REST_FACTOR;
      const restMs = Math.max(REST_MS_MIN, factor * device.serviceMs);
      if (nowMs - (this.#givenMs[index] as number) < restMs) continue;
      device.serviceMs = 0;
      return;
    }
  }
}
