import type { DeviceState } from "./scheduler.ts";

/** Share of the newest time in the running estimate of a device's service time. */
const SERVICE_SMOOTHING = 0.1;
/** Never 0 once known: a device too quick for the clock has all the room there is. */
const SERVICE_MS_MIN = 1e-4;

/**
 * The estimate of a device's service time after one more answer: an exponentially weighted mean.
 * @param estimateMs the estimate so far; 0 where this is the first answer
 */
export function nextEstimate(estimateMs: number, measuredMs: number): number {
  const known = Math.max(measuredMs, SERVICE_MS_MIN);
  return estimateMs === 0 ? known : estimateMs + SERVICE_SMOOTHING * (known - estimateMs);
}

/** Expected time in ms until the device has answered everything it was given; 0 when idle. HOT. */
export function residualMs(device: DeviceState, nowMs: number): number {
  if (device.inFlight === 0) return 0;
  const currentMs = Math.max(0, device.serviceMs - (nowMs - device.busySinceMs));
  return currentMs + (device.inFlight - 1) * device.serviceMs;
}
