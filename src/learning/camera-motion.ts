import { BLOCK_COUNT, LUMA_SIDE } from "../cascade/file/document.ts";
import { usageError } from "../errors.ts";
import { blockErrors } from "../native/difference.ts";

const LUMA_BYTES = LUMA_SIDE * LUMA_SIDE;
/** Pairs of frames that are compared at most. */
const PAIRS_MAX = 500;
/** A block differs where its mean squared error is above that: 8 grey levels, beyond any noise. */
const CHANGED = 64;
/** Share of the blocks that differ in the median pair of a camera that moves. */
const MOVING_SHARE = 0.5;

/**
 * Share of the picture that changes within a second, in the median second: 0–1.
 *
 * In front of a fixed camera things move in parts of the picture; where the camera moves, everything
 * does, most of the time.
 *
 * @param luma luma thumbnails of consecutive frames, u8 [frames, 50, 50]
 */
export function changingShare(luma: Uint8Array, fps: number): number {
  const frames = luma.length / LUMA_BYTES;
  const lag = Math.max(1, Math.round(fps));
  const step = Math.max(1, Math.floor((frames - lag) / PAIRS_MAX));
  const errors = new Float32Array(new SharedArrayBuffer(4 * BLOCK_COUNT));
  const at = (frame: number): Uint8Array =>
    luma.subarray(frame * LUMA_BYTES, (frame + 1) * LUMA_BYTES);
  const shares: number[] = [];
  for (let frame = lag; frame < frames; frame += step) {
    blockErrors(at(frame), at(frame - lag), LUMA_SIDE, errors);
    shares.push(errors.filter((error) => error > CHANGED).length / BLOCK_COUNT);
  }
  shares.sort((a, b) => a - b);
  return shares[Math.floor(shares.length / 2)] ?? 0;
}

/**
 * Refuses footage of a camera that moves: what its thumbnails show is the movement.
 * @throws {AipError} `camera-moves`
 */
export function checkFixedCamera(luma: Uint8Array, fps: number, name: string): void {
  const share = changingShare(luma, fps);
  if (share <= MOVING_SHARE) return;
  throw usageError(
    "camera-moves",
    `The camera of "${name}" moves: within a second ${Math.round(100 * share)} % of the picture ` +
      "changes, half of the time; a cascade needs a fixed camera",
  );
}
