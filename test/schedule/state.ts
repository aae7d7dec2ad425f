import type { DeviceState, ScheduleState } from "../../src/schedule/scheduler.ts";

/** A state with the given devices, idle and of equal weight unless told otherwise. */
export function state(
  devices: readonly Partial<DeviceState>[],
  rest: Partial<ScheduleState> = {},
): ScheduleState {
  return {
    devices: devices.map((device) => ({
      alive: true,
      inFlight: 0,
      depth: 1,
      batch: 1,
      batchCost: 1,
      assigned: 0,
      busySinceMs: 0,
      serviceMs: 0,
      weight: 1,
      slowdown: 1,
      ...device,
    })),
    waiting: 1,
    lastHeldUp: -1,
    slotCount: 100,
    nowMs: 0,
    ...rest,
  };
}
