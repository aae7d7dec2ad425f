import type { FrameGeometry } from "../types.ts";

/** Where a picture's planes lie: packed, back to back, as ffmpeg's `rawvideo` writes them. */
export interface PlaneLayout {
  /** Start of each plane, from the start of the picture. */
  readonly offsetBytes: readonly number[];
  /** Bytes from one row of the plane to the next. */
  readonly strideBytes: readonly number[];
  /** Rows of each plane. */
  readonly rows: readonly number[];
  /** Size of the whole picture. */
  readonly sizeBytes: number;
}

/**
 * The planes of a raw picture.
 *
 * Chroma of `yuv420p` (planes Y, U, V) and `nv12` (planes Y, interleaved UV) covers 2×2 pixels and
 * is rounded up: a 321×241 picture has 161×121 chroma samples. `rgb24` and `bgr24` have one plane.
 *
 * @throws {RangeError} where width or height is no positive integer
 *
 * @example
 * ```ts
 * planeLayout({ width: 4, height: 2, pixelFormat: "yuv420p" });
 * // offsetBytes [0, 8, 10], strideBytes [4, 2, 2], rows [2, 1, 1], sizeBytes 12
 * ```
 */
export function planeLayout(
  geometry: Pick<FrameGeometry, "width" | "height" | "pixelFormat">,
): PlaneLayout {
  const { width, height, pixelFormat } = geometry;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`A picture of ${width}×${height} pixels has no planes`);
  }
  const chromaWidth = Math.ceil(width / 2);
  const chromaRows = Math.ceil(height / 2);
  switch (pixelFormat) {
    case "yuv420p":
      return pack([width, chromaWidth, chromaWidth], [height, chromaRows, chromaRows]);
    case "nv12":
      return pack([width, 2 * chromaWidth], [height, chromaRows]);
    case "rgb24":
    case "bgr24":
      return pack([3 * width], [height]);
  }
}

function pack(strideBytes: readonly number[], rows: readonly number[]): PlaneLayout {
  const offsetBytes: number[] = [];
  let sizeBytes = 0;
  for (const [plane, stride] of strideBytes.entries()) {
    offsetBytes.push(sizeBytes);
    sizeBytes += stride * (rows[plane] as number);
  }
  return { offsetBytes, strideBytes, rows, sizeBytes };
}
