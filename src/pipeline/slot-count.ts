import type { DeviceInstance } from "../backend/backend.ts";
import { planeLayout } from "../layout/planes.ts";
import { deliveredGeometry } from "../source/scaled.ts";
import type { Source } from "../source/source.ts";

const SLOTS_MIN = 8;
const SLOTS_MAX = 64;
const SLOTS_BYTES = 64 * 2 ** 20;
/** While the reference is at one frame of a cascade, hundreds that follow have their answers. */
const CASCADE_SLOTS_MAX = 768;
const CASCADE_SLOTS_BYTES = 256 * 2 ** 20;
/** Frames of a call, where it is still to be measured what gains: the CPU seldom does. */
const AUTO_BATCH_OF_CPU = 1;
const AUTO_BATCH_OF_ACCELERATOR = 4;

/**
 * Slots of each source, where none are asked for. While the slowest device is at one frame, the
 * others finish T_max·Σr of them (rates r, its time T_max), which wait for it in their slots: with
 * fewer, it stalls the others; more only buy latency. Two calls a device for what is under way, as
 * far as the memory goes.
 *
 * @param hasCascade whether most frames are answered early, and wait for those that are not
 */
export function defaultSlotCount(
  sources: readonly Source[],
  devices: readonly DeviceInstance[],
  hasCascade = false,
): number {
  const weights = devices.map((device) => device.weight);
  const overtaking = weights.reduce((sum, weight) => sum + weight, 0) / Math.min(...weights);
  const callFrames = devices.reduce((sum, device) => sum + batchOf(device), 0);
  const bytes = sources.reduce(
    (sum, { info }) => sum + planeLayout(deliveredGeometry(info)).sizeBytes,
    0,
  );
  if (hasCascade) {
    const fitting = Math.floor(CASCADE_SLOTS_BYTES / bytes);
    // A camera's frames come slowly; and where many of them wait, they are old.
    const most = sources.some(({ live }) => live) ? SLOTS_MAX : CASCADE_SLOTS_MAX;
    return Math.max(SLOTS_MIN, Math.min(most, fitting));
  }
  const most = Math.max(SLOTS_MIN, Math.min(SLOTS_MAX, Math.floor(SLOTS_BYTES / bytes)));
  return Math.max(SLOTS_MIN, Math.min(most, Math.ceil(overtaking) + 2 * callFrames));
}

function batchOf({ kind, task: { batch = 1 } }: DeviceInstance): number {
  if (batch !== "auto") return batch;
  return kind === "cpu" ? AUTO_BATCH_OF_CPU : AUTO_BATCH_OF_ACCELERATOR;
}
