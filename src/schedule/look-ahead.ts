import { callMs } from "./batching.ts";
import type { DeviceState, Scheduler, ScheduleState } from "./scheduler.ts";
import { residualMs } from "./service-estimate.ts";

/** A device this many service times at one call is stuck, and not counted on. */
const STUCK_FACTOR = 4;
/** Keeps a whole number of frames whole where times are off by rounding. */
const ROUNDING = 1e-9;

export interface LookAheadOptions {
  /** Whether slower devices stay idle below saturation where that brings results in order. */
  readonly defer?: boolean;
}

/**
 * Look-ahead pull: a device that becomes free takes the frame whose turn to leave comes when the
 * device will have answered it, so that neither it nor the frames behind it wait. The frames that
 * quicker devices will finish meanwhile are left to them:
 *
 *     k = Σ over quicker devices i of ⌊(T − residualᵢ) / Tᵢ⌋ · bᵢ
 *
 * is the index it takes, T being its own service time and b the frames a device takes in one call
 * (1 for most; times are then those of calls with what waits, up to b). Where no more than k wait,
 * the others will be done with all of them first. As long as sources have free slots the device
 * then leaves them alone (it defers); when one has none it takes that source's last, because
 * throughput needs every device. Frames of sources that have room are left to quicker ones even
 * then.
 *
 * One so slow that the others would run out of slots stays idle even then: of the k frames that
 * they finish meanwhile, those behind its own keep their slots until it has answered; with all
 * slots taken the others stand still, and what they would have answered is more than its one frame.
 *
 * No frame starves: k of the quickest device that answers is 0, so it always takes the first.
 */
export function lookAhead(options: LookAheadOptions = {}): Scheduler {
  const defers = options.defer ?? true;
  return {
    name: "look-ahead",
    enter: () => -1,
    next(state: ScheduleState, device: number): number {
      const { batch } = state.devices[device] as DeviceState;
      const ahead = framesAhead(state, device, Math.min(batch, state.waiting));
      if (ahead < state.waiting) return ahead;
      // What is taken early goes alone, in less time than several would.
      const meanwhile = batch === 1 ? ahead : framesAhead(state, device, 1);
      const last = defers ? state.lastHeldUp : state.waiting - 1;
      const behind = meanwhile - last;
      return behind < state.slotCount ? last : -1;
    },
  };
}

/**
 * Frames that quicker devices will finish while device `index` is at a call of `own` frames. HOT:
 * once for every frame, and for every idle device in each turn.
 */
function framesAhead(
  { devices, nowMs, waiting }: ScheduleState,
  index: number,
  own: number,
): number {
  const { serviceMs } = devices[index] as DeviceState;
  const ownMs = callMs(devices[index] as DeviceState, own);
  let count = 0;
  for (let other = 0; other < devices.length; other += 1) {
    const device = devices[other] as DeviceState;
    if (!device.alive || device.serviceMs === 0 || device.serviceMs >= serviceMs) continue;
    if (isStuck(device, nowMs)) continue;
    const leftMs = ownMs - residualMs(device, nowMs);
    const batch = Math.min(device.batch, waiting);
    if (leftMs > 0) count += batch * Math.floor(leftMs / callMs(device, batch) + ROUNDING);
  }
  return count;
}

function isStuck(device: DeviceState, nowMs: number): boolean {
  if (device.inFlight === 0) return false;
  const currentMs = callMs(device, Math.min(device.inFlight, device.batch));
  return nowMs - device.busySinceMs > STUCK_FACTOR * currentMs;
}
