import { usageError } from "../errors.ts";
import type { FootageRoom } from "./footage-protocol.ts";
import { LUMA_SIDE } from "./luma-side.ts";

/** A shared array holds less than 4 GiB. */
const ARRAY_BYTES_MAX = 2 ** 32 - 1;

/** Small copies of successive frames, in memory that native code can read. */
export interface FootageBlock {
  /** Number of the first frame; the others follow it. */
  readonly start: number;
  readonly count: number;
  /** Presentation times in ms, f64 [count]. */
  readonly timesMs: Float64Array;
  /** Means of luma, u8 [count, 50, 50]. */
  readonly luma: Uint8Array;
  /** Numbers of those with colours. */
  readonly chosen: Uint32Array;
  /** By side: u8 [chosen.length, 3, side, side], planar RGB. */
  readonly colour: ReadonlyMap<number, Uint8Array>;
}

/** @throws {AipError} `footage-too-large` */
export function roomFor(
  sides: readonly number[],
  frames: number,
  chosen: number = frames,
): FootageRoom {
  return {
    timesMs: new Float64Array(new SharedArrayBuffer(8 * frames)),
    luma: shared(frames, LUMA_SIDE * LUMA_SIDE),
    colour: sides.map((side) => ({ side, data: shared(chosen, 3 * side * side) })),
  };
}

function shared(count: number, bytesEach: number): Uint8Array {
  const bytes = count * bytesEach;
  if (bytes <= ARRAY_BYTES_MAX) return new Uint8Array(new SharedArrayBuffer(bytes));
  const most = Math.floor(ARRAY_BYTES_MAX / bytesEach);
  const message = `${count} frames are too many to hold at once: select ${most} at most`;
  throw usageError("footage-too-large", message);
}

/** The part of a room that has been filled. */
export function blockOf(
  { timesMs, luma, colour }: FootageRoom,
  { start, end, chosen }: { start: number; end: number; chosen: Uint32Array },
): FootageBlock {
  const count = end - start;
  const kept = chosen.filter((frame) => frame < end);
  return {
    start,
    count,
    timesMs: timesMs.subarray(0, count),
    luma: luma.subarray(0, count * LUMA_SIDE * LUMA_SIDE),
    chosen: kept,
    colour: new Map(
      colour.map(({ side, data }) => [side, data.subarray(0, kept.length * 3 * side * side)]),
    ),
  };
}
