import { THUMBNAIL_SIDE_MAX } from "../layout/layout.gen.ts";
import { type Address, check, library, type NativeMemory } from "./library.ts";

/** What thumbnails are made of, and how large. */
export interface ThumbnailOptions {
  /** Width and height in pixels, 1–128. */
  readonly side: number;
  /**
   * Left, top, right, bottom of the part to take, as shares of the picture, 0–1; null for the whole
   * picture.
   */
  readonly region: readonly [x1: number, y1: number, x2: number, y2: number] | null;
}

/**
 * Makes small copies of the pictures in slots: the inputs of a cascade's difference detector and of
 * its specialized network. The picture, or the region of it, is stretched to a square; every pixel
 * is the mean over the area it covers.
 *
 * Outputs lie in memory that stays where it is: shared, or larger than 1,000 bytes.
 *
 * @example
 * ```ts
 * const thumbnails = new Thumbnails({ side: 50, region: null });
 * const luma = new Uint8Array(new SharedArrayBuffer(thumbnails.lumaBytes));
 * thumbnails.luma(slotAddress, luma);
 * ```
 */
export class Thumbnails {
  readonly side: number;
  /** Bytes of a luma thumbnail. */
  readonly lumaBytes: number;
  /** Bytes of a colour thumbnail. */
  readonly rgbBytes: number;
  readonly #region: Float32Array | null;

  /** @throws {RangeError} where the side or the region is impossible */
  constructor({ side, region }: ThumbnailOptions) {
    if (!Number.isInteger(side) || side < 1 || side > THUMBNAIL_SIDE_MAX) {
      throw new RangeError(`A thumbnail has 1 to ${THUMBNAIL_SIDE_MAX} pixels a side, not ${side}`);
    }
    this.side = side;
    this.lumaBytes = side * side;
    this.rgbBytes = 3 * side * side;
    this.#region = region === null ? null : regionWords(region);
  }

  /** Writes u8 `[side, side]`, row-major. Luma is what the plane holds. HOT: one native call. */
  luma(slot: Address, out: NativeMemory): void {
    const status = library().aip_thumbnail_luma(slot, this.#region, this.side, out);
    if (status !== 0) check(status, "thumbnail");
  }

  /** Writes u8 `[3, side, side]`, planes R, G, B, 0–255. HOT: one native call. */
  rgb(slot: Address, out: NativeMemory): void {
    const status = library().aip_thumbnail_rgb(slot, this.#region, this.side, out);
    if (status !== 0) check(status, "thumbnail");
  }
}

function regionWords(region: readonly [number, number, number, number]): Float32Array {
  const words = new Float32Array(new SharedArrayBuffer(16));
  words.set(region);
  // As single precision, which is what the kernels compare.
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = words;
  if (!(x1 >= 0 && x1 < x2 && x2 <= 1 && y1 >= 0 && y1 < y2 && y2 <= 1)) {
    throw new RangeError(
      `A region is left, top, right, bottom within 0 to 1, each pair in this order, not ${region.join(", ")}`,
    );
  }
  return words;
}
