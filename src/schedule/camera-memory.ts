import { ARENA_BYTES_MAX, layoutArena } from "../ring/arena.ts";
import type { CapacityOptions } from "./capacity.ts";

/** Slots of a camera: for what piles up while the machine is slow, within these bounds. */
const SLOTS_MIN = 8;
const SLOTS_MAX = 64;
/**
 * Frames of so many seconds pile up where everything takes 1.3 times as long for 11 s, beside
 * cameras that leave a processor 6 % of its time.
 */
const PILE_UP_S = 2;
/** Besides the frames that wait: one being written, one being read. */
const SLOTS_UNDER_WAY = 2;
/** Share of the free memory that slots may take, and of what models and decoders leave of it. */
const SLOTS_MEMORY_SHARE = 0.5;
const SLOTS_LEFT_SHARE = 0.8;

/** Slots of a camera: what arrives within the latency asked for, and at least within 2 s. */
export function cameraSlots(options: CapacityOptions, cameras: number): number {
  const { combination, camera, demand, room } = options;
  const waitS = Math.max(PILE_UP_S, (demand.latencyMs ?? 0) / 1000);
  const wanted = Math.ceil(demand.fps * waitS) + SLOTS_UNDER_WAY;
  const leftBytes = room.memoryBytes - combination.memoryBytes - cameras * camera.memoryBytes;
  const bytes = Math.min(
    SLOTS_MEMORY_SHARE * room.memoryBytes,
    SLOTS_LEFT_SHARE * leftBytes,
    ARENA_BYTES_MAX / 2,
  );
  const affordable = Math.floor(bytes / (cameras * camera.pictureBytes));
  return Math.max(SLOTS_MIN, Math.min(wanted, affordable, SLOTS_MAX));
}

/** Memory of so many cameras with so many slots each: the arena, and all of it, in bytes. */
export function memoryNeed(
  { combination, camera, room }: CapacityOptions,
  cameras: number,
  slotCount: number,
): { readonly slots: number; readonly total: number } {
  const source = { slotCount, pixelBytes: camera.pictureBytes, truthCapacity: 0 };
  const slots = layoutArena({
    sources: Array.from({ length: cameras }, () => source),
    seatCount: room.seatsPerDevice * combination.instances.length,
    payloadBytes: 0,
  }).sizeBytes;
  return { slots, total: slots + combination.memoryBytes + cameras * camera.memoryBytes };
}
