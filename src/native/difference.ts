import { ANCHOR_NONE, DIFFERENCE_BLOCK_COUNT, THUMBNAIL_SIDE_MAX } from "../layout/layout.gen.ts";
import { check, library, type NativeMemory } from "./library.ts";

/** How the blocks of two thumbnails make a difference. */
export interface BlockWeighting {
  /** f32 [100], of a 10×10 grid, row-major. */
  readonly weights: Float32Array;
  readonly bias: number;
}

export interface DifferenceOptions {
  /** Width and height of the luma thumbnails; a multiple of 10 where blocks are weighted. */
  readonly side: number;
  /** Null for the mean squared error of the whole picture. */
  readonly blocks: BlockWeighting | null;
}

/** What is replayed, and with which thresholds. */
export interface Replay {
  /** Luma thumbnails of consecutive frames, u8 `[count, side, side]`, the first of frame 0. */
  readonly thumbnails: Uint8Array;
  /** The empty picture, u8 `[side, side]`; null to compare with the last frame with its own answer. */
  readonly reference: Uint8Array | null;
  /** Every how many frames one is looked at. */
  readonly tSkip: number;
  /** Differences below it reuse an answer. */
  readonly tDiff: number;
}

/** In an anchor's place: the answer is the reference picture's. */
export const NO_ANCHOR: number = ANCHOR_NONE;

/**
 * How much two luma thumbnails differ: mean squared error in squared grey levels, 0–65,025, or the
 * bias plus the weighted sum of 100 blocks' mean squared errors, as in NoScope (Kang et al. 2017).
 *
 * Thumbnails lie in memory that stays where it is: shared, or larger than 1,000 bytes.
 */
export class Difference {
  readonly side: number;
  readonly #weights: Float32Array | null;
  readonly #bias: number;
  readonly #out = new Float32Array(new SharedArrayBuffer(4));

  /** @throws {RangeError} where side and blocks do not fit */
  constructor({ side, blocks }: DifferenceOptions) {
    checkSide(side, blocks !== null);
    this.side = side;
    this.#weights = blocks === null ? null : sharedWeights(blocks);
    this.#bias = blocks?.bias ?? 0;
  }

  /** The difference of two thumbnails. HOT: one native call. */
  of(a: NativeMemory, b: NativeMemory): number {
    const out = this.#out;
    const status = library().aip_difference(a, b, this.side, this.#weights, this.#bias, out);
    if (status !== 0) check(status, "difference");
    return out[0] as number;
  }

  /**
   * Replays frame skipping and the difference detector over many frames: writes for each the frame
   * whose answer it has, itself where it gets one of its own, and `NO_ANCHOR` where it does not
   * differ from the reference.
   *
   * @param anchors one word a frame
   * @throws {RangeError} where the arrays do not fit
   */
  replay({ thumbnails, reference, tSkip, tDiff }: Replay, anchors: Uint32Array): void {
    const pixels = this.side * this.side;
    const count = thumbnails.length / pixels;
    if (!Number.isInteger(count) || anchors.length !== count) {
      throw new RangeError(
        `${thumbnails.length} bytes are no ${anchors.length} thumbnails of ${pixels} bytes`,
      );
    }
    if (reference !== null && reference.length !== pixels) {
      throw new RangeError(`A reference thumbnail has ${pixels} bytes, not ${reference.length}`);
    }
    if (!Number.isInteger(tSkip) || tSkip < 1) {
      throw new RangeError(`t_skip is a whole number from 1, not ${tSkip}`);
    }
    if (Number.isNaN(tDiff)) throw new RangeError("t_diff is not a number");
    if (count === 0) return;
    const { side } = this;
    const gate = library().aip_difference_gate;
    check(
      gate(thumbnails, count, side, reference, this.#weights, this.#bias, tSkip, tDiff, anchors),
      "difference",
    );
  }
}

/**
 * Writes the mean squared errors of the 100 blocks of two luma thumbnails.
 *
 * @param out f32 [100], row-major, squared grey levels
 * @throws {RangeError} where the side is no multiple of 10
 */
export function blockErrors(
  a: NativeMemory,
  b: NativeMemory,
  side: number,
  out: Float32Array,
): void {
  checkSide(side, true);
  if (out.length !== DIFFERENCE_BLOCK_COUNT) {
    throw new RangeError(`There are ${DIFFERENCE_BLOCK_COUNT} blocks, not ${out.length}`);
  }
  check(library().aip_difference_blocks(a, b, side, out), "difference");
}

function checkSide(side: number, hasBlocks: boolean): void {
  if (!Number.isInteger(side) || side < 1 || side > THUMBNAIL_SIDE_MAX) {
    throw new RangeError(`A thumbnail has 1 to ${THUMBNAIL_SIDE_MAX} pixels a side, not ${side}`);
  }
  if (hasBlocks && side % 10 !== 0) {
    throw new RangeError(`The side of blocked thumbnails is a multiple of 10, not ${side}`);
  }
}

function sharedWeights({ weights }: BlockWeighting): Float32Array {
  if (weights.length !== DIFFERENCE_BLOCK_COUNT) {
    throw new RangeError(`There are ${DIFFERENCE_BLOCK_COUNT} blocks, not ${weights.length}`);
  }
  const words = new Float32Array(new SharedArrayBuffer(weights.byteLength));
  words.set(weights);
  return words;
}
