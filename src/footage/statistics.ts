import { usageError } from "../errors.ts";

/** Blocks along each side, and pixels along each side of a block, of a luma thumbnail. */
const GRID = 10;
const BLOCK = 5;
const SIDE = GRID * BLOCK;
const PICTURE = SIDE * SIDE;

/** Things move a little in it, a moving camera enough. */
const GAP_SECONDS = 0.25;
const PAIR_COUNT_MAX = 1000;

/** A block with at least this variance of luma (5 grey levels each way) shows where it is. */
const TEXTURE_VARIANCE = 25;
/** A block whose luma changed by this variance (3 grey levels each way) shows something else. */
const CHANGED_VARIANCE = 9;
/** Above this share of changed blocks the whole picture moves, not things in it. */
const MOVING_SHARE = 0.9;
/**
 * A camera that moves in more of the time than this does not stand still. Things that fill a small
 * region of interest reach 0.3 (a car close by), a camera that pans slowly has 0.5.
 */
const MOVING_TIME_SHARE = 0.4;
/** Pictures with fewer blocks of texture say nothing of the camera. */
const TEXTURED_MIN = 8;

/** How much the pictures of a piece of footage differ from one another. */
export interface DifferenceStatistics {
  /** Pairs of pictures compared. */
  readonly pairs: number;
  /** Mean squared error of luma between them, in grey levels squared: quantiles. */
  readonly meanSquaredError: { readonly p10: number; readonly p50: number; readonly p90: number };
  /** Share of the textured blocks that changed, 0–1: quantiles over the pairs. */
  readonly changedShare: { readonly p10: number; readonly p50: number; readonly p90: number };
  /** Share of the pairs in which the whole picture moved, 0–1. */
  readonly movingShare: number;
}

/**
 * Compares luma thumbnails of successive frames with those a quarter of a second later, at moments
 * spread over all of them.
 *
 * A block's change is the variance of its pixels' differences, so that light that comes or goes
 * changes nothing; only blocks with texture count, since a clear sky looks the same wherever the
 * camera points.
 *
 * @param luma u8 [n, 50, 50], of successive frames
 */
export function differenceStatistics(luma: Uint8Array, fps: number): DifferenceStatistics {
  const count = Math.floor(luma.length / PICTURE);
  const gap = Math.max(1, Math.round(fps * GAP_SECONDS));
  const starts = Math.max(0, count - gap);
  const pairs = Math.min(starts, PAIR_COUNT_MAX);
  const errors: number[] = [];
  const shares: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const index = Math.floor((pair * starts) / pairs);
    const a = luma.subarray(index * PICTURE, (index + 1) * PICTURE);
    const b = luma.subarray((index + gap) * PICTURE, (index + gap + 1) * PICTURE);
    const { error, textured, changed } = compare(a, b);
    errors.push(error);
    if (textured >= TEXTURED_MIN) shares.push(changed / textured);
  }
  const moving = shares.filter((share) => share > MOVING_SHARE).length;
  return {
    pairs: errors.length,
    meanSquaredError: quantiles(errors),
    changedShare: quantiles(shares),
    movingShare: shares.length === 0 ? 0 : moving / shares.length,
  };
}

/**
 * Refuses footage of a camera that does not stand still: a cascade learns one view.
 * @throws {AipError} `camera-moves`
 */
export function checkFixedCamera(name: string, { movingShare }: DifferenceStatistics): void {
  if (movingShare <= MOVING_TIME_SHARE) return;
  const percent = Math.round(100 * movingShare);
  const message =
    `The camera of "${name}" moves: in ${percent} % of the time the whole picture changes at ` +
    "once; a cascade needs a camera that stands still";
  throw usageError("camera-moves", message);
}

function compare(a: Uint8Array, b: Uint8Array) {
  let error = 0;
  let textured = 0;
  let changed = 0;
  for (let block = 0; block < GRID * GRID; block += 1) {
    const start = Math.floor(block / GRID) * BLOCK * SIDE + (block % GRID) * BLOCK;
    const spread = variances(a, b, start);
    error += spread.squares;
    if (spread.texture < TEXTURE_VARIANCE) continue;
    textured += 1;
    if (spread.change >= CHANGED_VARIANCE) changed += 1;
  }
  return { error: error / PICTURE, textured, changed };
}

/** Variance of a block's luma and of its differences, and the sum of their squares. */
function variances(a: Uint8Array, b: Uint8Array, start: number) {
  let sum = 0;
  let sumSquares = 0;
  let difference = 0;
  let squares = 0;
  for (let row = 0; row < BLOCK; row += 1) {
    for (let column = 0; column < BLOCK; column += 1) {
      const at = start + row * SIDE + column;
      const before = a[at] as number;
      const change = (b[at] as number) - before;
      sum += before;
      sumSquares += before * before;
      difference += change;
      squares += change * change;
    }
  }
  const pixels = BLOCK * BLOCK;
  return {
    texture: sumSquares / pixels - (sum / pixels) ** 2,
    change: squares / pixels - (difference / pixels) ** 2,
    squares,
  };
}

function quantiles(values: readonly number[]) {
  const sorted = [...values].sort((x, y) => x - y);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
}
