import { usageError } from "../errors.ts";
import { blockOf, type FootageBlock, roomFor } from "./footage-room.ts";
import { LUMA_SIDE } from "./luma-side.ts";
import { type FootageOptions, FootageReader, type FootageStretch } from "./reader.ts";

/** What is read of a piece of footage. */
export interface FootageRequest extends FootageOptions, FootageStretch {
  readonly end: number;
  /** Told now and then how many of the frames are there. */
  readonly onProgress?: (frames: number) => void;
}

/**
 * Reads a stretch of footage into memory.
 *
 * @example
 * ```ts
 * const { luma } = await readFootage({ spec: "street.mp4", end: 9000, region: null, sides: [] });
 * ```
 * @throws {AipError} `footage-empty`, `footage-too-large`, `footage-short` where it ends before the
 * first frame wanted, or as `FootageReader`
 */
export async function readFootage(request: FootageRequest): Promise<FootageBlock> {
  const { start = 0, end, sides, chosen, onProgress } = request;
  if (!(end > start)) throw usageError("footage-empty", "No frames are selected");
  const room = roomFor(sides, end - start, chosen?.length);
  await using reader = await FootageReader.open(request);
  let kept = 0;
  const numbers: number[] = [];
  const shown = await reader.visit({ ...request, start }, (block) => {
    const place = block.start - start;
    room.timesMs.set(block.timesMs, place);
    room.luma.set(block.luma, place * LUMA_SIDE * LUMA_SIDE);
    for (const { side, data } of room.colour) {
      data.set(block.colour.get(side) as Uint8Array, kept * 3 * side * side);
    }
    kept += block.chosen.length;
    numbers.push(...block.chosen);
    onProgress?.(place + block.count);
  });
  if (shown === 0) {
    const message = `"${request.spec}" ends after ${reader.passed} frames, before frame ${start}`;
    throw usageError("footage-short", message);
  }
  return blockOf(room, { start, end: start + shown, chosen: Uint32Array.from(numbers) });
}
