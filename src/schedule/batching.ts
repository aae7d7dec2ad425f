import type { DeviceState } from "./scheduler.ts";

/** Time of a call per frame must fall to this share for a larger batch to be worth its latency. */
const GAIN_RATIO_MAX = 0.8;

/** What is known of a device's calls. */
export type BatchedDevice = Pick<DeviceState, "serviceMs" | "batch" | "batchCost">;

/** How many frames a device is to be given in one call, and what they cost. */
export interface BatchGain {
  /** Most frames of one call; 1 where more gain nothing. */
  readonly batch: number;
  /** Time each further frame adds to a call, as a share of a single frame's. */
  readonly batchCost: number;
}

/**
 * Times a single frame's service time that a call of `count` frames takes: 1 for the first, the
 * device's `batchCost` for each further one. Calls of accelerators are close to such a line
 * (Crankshaw et al., "Clipper", NSDI 2017, figure 3).
 */
export function batchFactor(device: Pick<BatchedDevice, "batchCost">, count: number): number {
  return 1 + (count - 1) * device.batchCost;
}

/** Expected time in ms of a call of `count` frames. HOT. */
export function callMs(device: BatchedDevice, count: number): number {
  return count === 1 ? device.serviceMs : device.serviceMs * batchFactor(device, count);
}

/** Expected time in ms of `count` frames in full calls and a last one of the rest. HOT. */
export function callsMs(device: BatchedDevice, count: number): number {
  const { batch, serviceMs } = device;
  if (batch === 1) return count * serviceMs;
  const rest = count % batch;
  const fullMs = ((count - rest) / batch) * callMs(device, batch);
  return rest === 0 ? fullMs : fullMs + callMs(device, rest);
}

/**
 * Frames that device `index`, which has room, takes of `waiting` in one call: its part by rate of
 * what it and the others with room could take, so that equal devices share instead of one taking
 * all, but never more than its batch. Whatever waits is taken at once: nobody waits for a batch to
 * fill. A device whose time is unknown takes one. HOT.
 */
export function batchShare(
  devices: readonly DeviceState[],
  index: number,
  waiting: number,
): number {
  const device = devices[index] as DeviceState;
  if (device.batch === 1 || waiting <= 1 || device.serviceMs === 0) return 1;
  const own = rate(device);
  let sum = own;
  for (let other = 0; other < devices.length; other += 1) {
    const { alive, inFlight, depth, serviceMs } = devices[other] as DeviceState;
    if (other === index || !alive || inFlight >= depth || serviceMs === 0) continue;
    sum += rate(devices[other] as DeviceState);
  }
  // Rounding errors of the rates must not round a share up.
  const share = Math.ceil((waiting * own) / sum - 1e-9);
  return Math.max(1, Math.min(device.batch, share));
}

/** Frames a ms of a device in full calls. */
function rate(device: BatchedDevice): number {
  return device.batch / callMs(device, device.batch);
}

/**
 * Whether a device gains by batches, from measured times of calls of 1, 2, 4 … frames: the largest
 * size at which a frame takes at most four fifths of its time at the next smaller one.
 *
 * @param timesMs time of a call by its number of frames, from 1 upwards
 *
 * @example
 * ```ts
 * batchGain([[1, 10], [2, 13], [4, 19], [8, 38]]); // { batch: 4, batchCost: 0.3 }
 * ```
 */
export function batchGain(timesMs: readonly (readonly [count: number, ms: number])[]): BatchGain {
  const [first, ...larger] = timesMs;
  if (first === undefined) return { batch: 1, batchCost: 1 };
  const [, singleMs] = first;
  let [batch, frameMs] = [1, singleMs];
  let batchCost = 1;
  for (const [count, ms] of larger) {
    if (ms / count > GAIN_RATIO_MAX * frameMs) break;
    [batch, frameMs] = [count, ms / count];
    batchCost = costOf(singleMs, count, ms);
  }
  return { batch, batchCost };
}

/** What each further frame of a call of `count` cost, as a share of a single one; 0 or more. */
export function costOf(singleMs: number, count: number, ms: number): number {
  if (count === 1 || singleMs <= 0) return 1;
  return Math.max(0, (ms / singleMs - 1) / (count - 1));
}
