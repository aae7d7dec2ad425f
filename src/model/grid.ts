/**
 * Sets of feature-map strides that detectors of the YOLO family have, most usual first: three
 * levels (P3–P5), four with P6 or P2, and the two of the tiny models.
 */
export const STRIDE_SETS: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
  [16, 32],
];

/** Size of a model's input in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Number of boxes a head predicts: one for each cell of each feature map and each anchor.
 *
 * @example
 * ```ts
 * boxCount({ width: 416, height: 416 }, [8, 16, 32], 1); // 52² + 26² + 13² = 3549
 * ```
 */
export function boxCount(
  { width, height }: PixelSize,
  strides: readonly number[],
  anchorCount: number,
): number {
  const cells = strides.map((stride) => Math.ceil(width / stride) * Math.ceil(height / stride));
  return anchorCount * cells.reduce((sum, count) => sum + count, 0);
}

/** The first set of strides that gives exactly `count` boxes, or undefined. */
export function stridesOf(
  count: number,
  size: PixelSize,
  anchorCount: number,
  sets: readonly (readonly number[])[] = STRIDE_SETS,
): readonly number[] | undefined {
  return sets.find((strides) => boxCount(size, strides, anchorCount) === count);
}
