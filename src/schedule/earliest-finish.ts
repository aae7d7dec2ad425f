import { callsMs } from "./batching.ts";
import type { DeviceState, Scheduler, ScheduleState } from "./scheduler.ts";
import { residualMs } from "./service-estimate.ts";

/**
 * Earliest finish time: every frame is assigned on entering to the device that will have answered
 * it first, by the measured service times: what is left of the current frame, then those assigned
 * before, then this one. Shares follow the times as they change.
 *
 * A device whose time is unknown gets a frame as soon as it has none, and no second one before its
 * first answer.
 */
export function earliestFinish(): Scheduler {
  return { name: "earliest-finish", enter, next: () => 0 };
}

/**
 * HOT: once a frame. While no time is known and each device has a frame, it waits for any of them.
 */
function enter({ devices, nowMs }: ScheduleState): number {
  let earliest = -1;
  let earliestMs = 0;
  for (let index = 0; index < devices.length; index += 1) {
    const device = devices[index] as DeviceState;
    if (!device.alive) continue;
    const finishMs = finishTimeMs(device, nowMs);
    if (earliest >= 0 && finishMs >= earliestMs) continue;
    earliest = index;
    earliestMs = finishMs;
  }
  return earliestMs === Number.POSITIVE_INFINITY ? -1 : earliest;
}

/** Time in ms until one more frame would be answered. */
function finishTimeMs(device: DeviceState, nowMs: number): number {
  const { serviceMs, assigned, inFlight } = device;
  if (serviceMs > 0) return residualMs(device, nowMs) + callsMs(device, assigned + 1);
  return assigned + inFlight === 0 ? 0 : Number.POSITIVE_INFINITY;
}
