/** What two compute units answered to the same picture: tensors, or rows of detections. */
export interface Answers {
  /** What the unit in question answered. */
  readonly seen: Float32Array;
  /** What the CPU answered. */
  readonly reference: Float32Array;
}

/**
 * Half precision moves the outputs of sound networks by a hundredth at most; ones that are wrong
 * are off by their own size.
 */
const ERROR_MAX = 0.1;
/** A row of detections: x1, y1, x2, y2, confidence, class. */
const ROW_LENGTH = 6;
/** Detections that every unit must find: weaker ones may fall below a threshold by rounding. */
const CONFIDENT = 0.5;
const IOU_MIN = 0.5;

/** Why a tensor is not what the CPU answered, or null where it is: root mean square, relative. */
export function tensorFault({ seen, reference }: Answers): string | null {
  if (seen.length !== reference.length) {
    return `it gives ${seen.length} values, the CPU gives ${reference.length}`;
  }
  let difference = 0;
  let size = 0;
  for (const [index, value] of reference.entries()) {
    difference += ((seen[index] ?? 0) - value) ** 2;
    size += value ** 2;
  }
  const error = Math.sqrt(difference / Math.max(size, Number.MIN_VALUE));
  if (difference === 0 || error <= ERROR_MAX) return null;
  return `its answer differs from the CPU's by ${percent(error)}, at most ${percent(ERROR_MAX)} is rounding`;
}

/** Why detections are not what the CPU found, or null where they are. */
export function detectionFault({ seen, reference }: Answers): string | null {
  const [ours, theirs] = [rowsOf(seen), rowsOf(reference)];
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
