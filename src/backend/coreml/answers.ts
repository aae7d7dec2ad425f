/** What a compute unit answered to a picture: a tensor, or rows of detections. */
export interface Answer {
  readonly values: Float32Array;
  /** Of a tensor, the batch first; empty for detections. */
  readonly shape: readonly number[];
}

/** What two compute units answered to the same picture. */
export interface Answers {
  /** What the unit in question answered. */
  readonly seen: Answer;
  /** What the CPU answered. */
  readonly reference: Answer;
}

/**
 * Greatest relative root mean square by which half precision moves a whole answer: 0.03 was seen of
 * YOLOX-Nano. Ones that are wrong are off by their own size.
 */
const ERROR_MAX = 0.1;
/**
 * Norm that rounding may put on top of that in one channel: 0.3 was seen, in classes of which there
 * were weak scores only.
 */
const CHANNEL_SLACK = 0.4;
/** Channels of a smaller norm are measured by this one, that of a single certain score. */
const CHANNEL_NORM_MIN = 1;
/** A row of detections: x1, y1, x2, y2, confidence, class. */
const ROW_LENGTH = 6;
/** Detections that every unit must find: weaker ones may fall below a threshold by rounding. */
const CONFIDENT = 0.5;
const IOU_MIN = 0.5;

/**
 * Why a tensor is not what the CPU answered, or null where it is: by the relative root mean square
 * of all values, and by that of each channel, as boxes in pixels are a thousand times the size of
 * the scores beside them. No single value decides: of thousands in the background, some rounding
 * may move far.
 */
export function tensorFault({ seen, reference }: Answers): string | null {
  const [ours, theirs] = [seen.values, reference.values];
  if (ours.length !== theirs.length) {
    return `it gives ${ours.length} values, the CPU gives ${theirs.length}`;
  }
  const error = relativeError(ours, theirs);
  if (!(error <= ERROR_MAX)) {
    return `its answer differs from the CPU's by ${percent(error)}, at most ${percent(ERROR_MAX)} is rounding`;
  }
  const { channel, count, error: worst, errorMax } = worstChannel(ours, reference);
  if (worst <= errorMax) return null;
  return (
    `channel ${channel} of ${count} in its answer differs from the CPU's by ${percent(worst)}, ` +
    `at most ${percent(errorMax)} is rounding`
  );
}

function relativeError(ours: Float32Array, theirs: Float32Array): number {
  let [difference, size] = [0, 0];
  for (const [index, value] of theirs.entries()) {
    difference += ((ours[index] ?? 0) - value) ** 2;
    size += value ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / Math.max(size, Number.MIN_VALUE));
}

interface WorstChannel {
  readonly channel: number;
  readonly count: number;
  /** Relative root mean square of the differences. */
  readonly error: number;
  /** What of it may be rounding. */
  readonly errorMax: number;
}

function worstChannel(ours: Float32Array, { values, shape }: Answer): WorstChannel {
  const axis = channelAxis(shape);
  const count = axis === null ? 1 : (shape[axis] ?? 1);
  const step = axis === null ? 1 : shape.slice(axis + 1).reduce((size, side) => size * side, 1);
  const differences = new Float64Array(count);
  const sizes = new Float64Array(count);
  for (const [index, value] of values.entries()) {
    const channel = Math.floor(index / step) % count;
    differences[channel] = (differences[channel] ?? 0) + ((ours[index] ?? 0) - value) ** 2;
    sizes[channel] = (sizes[channel] ?? 0) + value ** 2;
  }
  let worst: WorstChannel = { channel: 0, count, error: 0, errorMax: ERROR_MAX };
  for (const [channel, difference] of differences.entries()) {
    const norm = Math.max(Math.sqrt(sizes[channel] ?? 0), CHANNEL_NORM_MIN);
    const error = Math.sqrt(difference) / norm;
    const errorMax = ERROR_MAX + CHANNEL_SLACK / norm;
    if (error - errorMax > worst.error - worst.errorMax)
      worst = { channel, count, error, errorMax };
  }
  return worst;
}

/**
 * The axis along which values mean different things; null where they all mean the same. Maps have
 * their channels first; of boxes there are more than columns, in either order.
 */
function channelAxis(shape: readonly number[]): number | null {
  if (shape.length >= 4) return 1;
  if (shape.length < 3) return null;
  return (shape[1] ?? 0) < (shape[2] ?? 0) ? 1 : 2;
}

/** Why detections are not what the CPU found, or null where they are. */
export function detectionFault({ seen, reference }: Answers): string | null {
  const [ours, theirs] = [rowsOf(seen.values), rowsOf(reference.values)];
  const missed = theirs.filter((row) => isConfident(row) && !isFound(row, ours)).length;
  const invented = ours.filter((row) => isConfident(row) && !isFound(row, theirs)).length;
  if (missed + invented === 0) return null;
  return `it misses ${missed} of the CPU's detections and has ${invented} of its own`;
}

function percent(share: number): string {
  return share < 10 ? `${Math.round(share * 100)} %` : `${Math.round(share)} times`;
}

function rowsOf(values: Float32Array): Float32Array[] {
  return Array.from({ length: Math.floor(values.length / ROW_LENGTH) }, (_, index) =>
    values.subarray(index * ROW_LENGTH, (index + 1) * ROW_LENGTH),
  );
}

function isConfident(row: Float32Array): boolean {
  return (row[4] ?? 0) >= CONFIDENT;
}

function isFound(row: Float32Array, rows: readonly Float32Array[]): boolean {
  return rows.some((other) => other[5] === row[5] && iou(row, other) >= IOU_MIN);
}

function iou(a: Float32Array, b: Float32Array): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (width <= 0 || height <= 0) return 0;
  const overlap = width * height;
  return overlap / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - overlap);
}
