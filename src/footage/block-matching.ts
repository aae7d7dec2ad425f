import { LUMA_SIDE } from "./luma-side.ts";

/** Blocks along each side, and pixels along each side of a block. */
const GRID = 5;
const BLOCK = LUMA_SIDE / GRID;
const BLOCK_PIXELS = BLOCK * BLOCK;
/** Pixels that a block is looked for to each side. */
const REACH = 16;
const REACHES = 2 * REACH + 1;
/** And before, to see whether it is where it was. */
const NEAR = 2;

/** A block with at least this variance of luma (5 grey levels each way) can be found again. */
const TEXTURE_VARIANCE = 25;
/** Correlation of a block with what it is taken for. */
const ALIKE = 0.7;
/** A place that correlates less than the best one by no more is as good: an edge slides along itself. */
const EQUAL = 0.04;
/** Blocks, and share of those that could, that must agree on one movement. */
const AGREEING_MIN = 6;
const AGREEING_SHARE = 0.4;
/** Blocks that moved together, to each that stayed, where it is the camera that moved. */
const MOVED_TO_STAYED = 2;
/** A camera moves everything: blocks in so many quarters of the picture. */
const QUARTERS_MIN = 3;
/** Zoom by more than this share between two pictures finds no block again. */
const ZOOM_MAX = 0.5;
/** Movement in pixels that is none: pictures are read and coded a little differently. */
const STILL_PIXELS = 1;

/** A picture, ready to be compared with others; see `viewOf`. */
export interface View {
  /** u8 [50, 50]. */
  readonly picture: Uint8Array;
  readonly blocks: readonly Template[];
  /** One over the length of each window of a block's size, once its mean is taken away. */
  readonly scales: Float32Array;
}

/** A block with texture. */
interface Template {
  readonly left: number;
  readonly top: number;
  /** Of zero mean and length 1. */
  readonly pixels: Float32Array;
}

/** How the view of one picture lies to that of another. */
export interface ViewMovement {
  /** How far its blocks have moved, at the median; 0 where no block had to be looked for. */
  readonly pixels: number;
  readonly isMoved: boolean;
}

/** A block that was looked for, with its correlation at each place. */
interface SoughtBlock {
  /** From the middle of the picture to its own, in pixels. */
  readonly x: number;
  readonly y: number;
  /** f32 [33, 33] by movement down and to the right; NaN outside the picture. */
  readonly surface: Float32Array;
  readonly best: number;
  readonly bestX: number;
  readonly bestY: number;
}

/** A shift and a zoom about the middle: a block at `x` goes to `x + dx + zoom × x`. */
interface Movement {
  readonly dx: number;
  readonly dy: number;
  readonly zoom: number;
}

const STILL: Movement = { dx: 0, dy: 0, zoom: 0 };

/** Makes a picture ready to be compared. @param picture u8 [50, 50] */
export function viewOf(picture: Uint8Array): View {
  return { picture, blocks: texturedBlocks(picture), scales: windowScales(picture) };
}

/**
 * Finds how the view of one picture lies to that of another, whatever goes on in front of it.
 *
 * Each textured block of one picture is looked for in the other by normalized cross-correlation
 * (Lewis, "Fast Normalized Cross-Correlation", Vision Interface 1995), which light that is brighter
 * or dimmer leaves as it is. The shift and zoom that most blocks agree on (Fischler and Bolles,
 * "Random Sample Consensus", CACM 24(6), 1981; here every sample is tried) is the camera's: what
 * passes through the picture moves otherwise, or is not found.
 *
 * @returns null where too few blocks agree on anything: the pictures cannot be compared
 */
export function viewMovement({ blocks }: View, to: View): ViewMovement | null {
  if (blocks.length < AGREEING_MIN) return null;
  // A camera that stands still, nearly always: what lies next to each block is enough.
  const near = blocks.map((block) => seek(block, to, NEAR));
  const here = near.filter((block) => agrees(block, STILL)).length;
  if (here >= Math.max(AGREEING_MIN, AGREEING_SHARE * blocks.length)) {
    return { pixels: 0, isMoved: false };
  }
  const sought = blocks.map((block) => seek(block, to, REACH));
  const found = sought.filter(({ best }) => best >= ALIKE);
  let most = { movement: STILL, agreeing: 0 };
  for (const movement of samples(found)) {
    const agreeing = found.filter((block) => agrees(block, movement)).length;
    if (agreeing <= most.agreeing) continue;
    const possible = sought.filter((block) => isInside(block, movement)).length;
    if (agreeing >= AGREEING_SHARE * possible) most = { movement, agreeing };
  }
  if (most.agreeing < AGREEING_MIN) return null;
  const pixels = median(sought.map((block) => lengthOf(block, most.movement)));
  if (pixels <= STILL_PIXELS) return { pixels, isMoved: false };
  const moved = found.filter((block) => agrees(block, most.movement));
  const stayed = found.filter((block) => hasStayed(block, most.movement)).length;
  // Else something large has moved on, and what is around it is where it was, or dark.
  const isCamera = quartersOf(moved) >= QUARTERS_MIN && stayed * MOVED_TO_STAYED <= moved.length;
  return isCamera ? { pixels, isMoved: true } : null;
}

function texturedBlocks(picture: Uint8Array): Template[] {
  const blocks: Template[] = [];
  for (let index = 0; index < GRID * GRID; index += 1) {
    const [left, top] = [(index % GRID) * BLOCK, Math.floor(index / GRID) * BLOCK];
    const pixels = new Float32Array(BLOCK_PIXELS);
    let sum = 0;
    for (let at = 0; at < BLOCK_PIXELS; at += 1) {
      const row = top + Math.floor(at / BLOCK);
      pixels[at] = picture[row * LUMA_SIDE + left + (at % BLOCK)] as number;
      sum += pixels[at] as number;
    }
    let squares = 0;
    for (let at = 0; at < BLOCK_PIXELS; at += 1) {
      pixels[at] = (pixels[at] as number) - sum / BLOCK_PIXELS;
      squares += (pixels[at] as number) ** 2;
    }
    if (squares < TEXTURE_VARIANCE * BLOCK_PIXELS) continue;
    const length = Math.sqrt(squares);
    for (let at = 0; at < BLOCK_PIXELS; at += 1) pixels[at] = (pixels[at] as number) / length;
    blocks.push({ left, top, pixels });
  }
  return blocks;
}

function windowScales(picture: Uint8Array): Float32Array {
  const places = LUMA_SIDE - BLOCK + 1;
  const scales = new Float32Array(places * places);
  const stride = LUMA_SIDE + 1;
  const sums = new Float64Array(stride * stride);
  const squares = new Float64Array(stride * stride);
  for (let y = 0; y < LUMA_SIDE; y += 1) {
    let [sum, square] = [0, 0];
    for (let x = 0; x < LUMA_SIDE; x += 1) {
      const value = picture[y * LUMA_SIDE + x] as number;
      sum += value;
      square += value * value;
      const at = (y + 1) * stride + x + 1;
      sums[at] = (sums[at - stride] as number) + sum;
      squares[at] = (squares[at - stride] as number) + square;
    }
  }
  const within = (table: Float64Array, x: number, y: number): number =>
    (table[(y + BLOCK) * stride + x + BLOCK] as number) -
    (table[y * stride + x + BLOCK] as number) -
    (table[(y + BLOCK) * stride + x] as number) +
    (table[y * stride + x] as number);
  for (let y = 0; y < places; y += 1) {
    for (let x = 0; x < places; x += 1) {
      const spread = within(squares, x, y) - within(sums, x, y) ** 2 / BLOCK_PIXELS;
      scales[y * places + x] = spread < 1 ? 0 : 1 / Math.sqrt(spread);
    }
  }
  return scales;
}

/** Correlates a block with all places of a picture up to `reach` pixels away. */
function seek({ left, top, pixels }: Template, to: View, reach: number): SoughtBlock {
  const { picture, scales } = to;
  const surface = new Float32Array(REACHES * REACHES).fill(Number.NaN);
  const last = LUMA_SIDE - BLOCK;
  let [best, bestX, bestY] = [-1, 0, 0];
  // HOT: 1,000 places of 25 blocks, for each pair of pictures that are not of one view.
  for (let y = Math.max(0, top - reach); y <= Math.min(last, top + reach); y += 1) {
    for (let x = Math.max(0, left - reach); x <= Math.min(last, left + reach); x += 1) {
      let product = 0;
      for (let row = 0; row < BLOCK; row += 1) {
        const from = (y + row) * LUMA_SIDE + x;
        for (let column = 0; column < BLOCK; column += 1) {
          product += (pixels[row * BLOCK + column] as number) * (picture[from + column] as number);
        }
      }
      const alike = product * (scales[y * (last + 1) + x] as number);
      surface[(y - top + REACH) * REACHES + x - left + REACH] = alike;
      if (alike <= best) continue;
      [best, bestX, bestY] = [alike, x - left, y - top];
    }
  }
  const middle = (LUMA_SIDE - BLOCK) / 2;
  return { x: left - middle, y: top - middle, surface, best, bestX, bestY };
}

/** The shift of each block alone, and the shift and zoom of each two. */
function* samples(found: readonly SoughtBlock[]): Generator<Movement> {
  yield STILL;
  for (const [index, one] of found.entries()) {
    yield { dx: one.bestX, dy: one.bestY, zoom: 0 };
    for (const other of found.slice(index + 1)) {
      const [x, y] = [other.x - one.x, other.y - one.y];
      const [byX, byY] = [other.bestX - one.bestX, other.bestY - one.bestY];
      const zoom = (byX * x + byY * y) / (x * x + y * y);
      if (zoom === 0 || Math.abs(zoom) > ZOOM_MAX) continue;
      yield { dx: one.bestX - zoom * one.x, dy: one.bestY - zoom * one.y, zoom };
    }
  }
}

/** Correlation where a movement takes a block; NaN where that is outside. */
function alikeAt({ x, y, surface }: SoughtBlock, { dx, dy, zoom }: Movement): number {
  const [toX, toY] = [Math.round(dx + zoom * x), Math.round(dy + zoom * y)];
  if (Math.abs(toX) > REACH || Math.abs(toY) > REACH) return Number.NaN;
  return surface[(toY + REACH) * REACHES + toX + REACH] as number;
}

function isInside(block: SoughtBlock, movement: Movement): boolean {
  return !Number.isNaN(alikeAt(block, movement));
}

function agrees(block: SoughtBlock, movement: Movement): boolean {
  return alikeAt(block, movement) >= Math.max(ALIKE, block.best - EQUAL);
}

/** Whether a block is where it was, though a movement would have taken it elsewhere. */
function hasStayed(block: SoughtBlock, movement: Movement): boolean {
  if (lengthOf(block, movement) <= STILL_PIXELS || agrees(block, movement)) return false;
  return agrees(block, STILL);
}

/** In how many quarters of the picture some blocks lie; those on an axis lie in none. */
function quartersOf(blocks: readonly SoughtBlock[]): number {
  const aside = blocks.filter(({ x, y }) => x !== 0 && y !== 0);
  return new Set(aside.map(({ x, y }) => `${Math.sign(x)} ${Math.sign(y)}`)).size;
}

function lengthOf({ x, y }: SoughtBlock, { dx, dy, zoom }: Movement): number {
  return Math.hypot(dx + zoom * x, dy + zoom * y);
}

function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)] ?? 0;
}
