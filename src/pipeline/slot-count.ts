import type { DeviceInstance } from "../backend/backend.ts";
import { planeLayout } from "../layout/planes.ts";
import { deliveredGeometry } from "../source/scaled.ts";
import type { Source } from "../source/source.ts";

const SLOTS_MIN = 8;
const SLOTS_MAX = 64;
const SLOTS_BYTES = 64 * 2 ** 20;

/**
 * Slots of each source, where none are asked for. While the slowest device is at one frame, the
 * others finish T_max·Σr of them (rates r, its time T_max), which wait for it in their slots: with
 * fewer, it stalls the others; more only buy latency. Two a device for what is under way, as far as
 * the memory goes.
 */
export function defaultSlotCount(
  sources: readonly Source[],
  devices: readonly DeviceInstance[],
): number {
  const weights = devices.map((device) => device.weight);
  const overtaking = weights.reduce((sum, weight) => sum + weight, 0) / Math.min(...weights);
  const bytes = sources.reduce(
    (sum, { info }) => sum + planeLayout(deliveredGeometry(info)).sizeBytes,
    0,
  );
  const most = Math.max(SLOTS_MIN, Math.min(SLOTS_MAX, Math.floor(SLOTS_BYTES / bytes)));
  return Math.max(SLOTS_MIN, Math.min(most, Math.ceil(overtaking) + 2 * devices.length));
}
