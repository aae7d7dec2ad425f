/** A box in model input pixels. */
export interface Box {
  readonly classId: number;
  readonly confidence: number;
  readonly xyxy: readonly [number, number, number, number];
}

const STRIDES = [8, 16, 32];
const CONFIDENCE = 0.25;
const IOU = 0.45;
const BOX_COUNT_MAX = 300;

/**
 * Decodes a YOLOX output and suppresses class-wise, in plain TypeScript.
 *
 * @param output `[1, N, 5 + classes]` f32: grid offsets, logarithmic sizes, objectness, scores, at
 * strides 8, 16 and 32 (Ge et al., "YOLOX: Exceeding YOLO Series in 2021")
 * @param size sides of the model's input in pixels
 */
export function decodeYolox(output: Float32Array, size: number): Box[] {
  const cellCount = STRIDES.reduce((sum, stride) => sum + (size / stride) ** 2, 0);
  const columns = output.length / cellCount;
  const boxes: Box[] = [];
  let row = 0;
  for (const stride of STRIDES) {
    const side = size / stride;
    for (let cell = 0; cell < side * side; cell += 1, row += columns) {
      const objectness = output[row + 4] as number;
      if (objectness <= CONFIDENCE) continue;
      let best = 5;
      for (let column = 6; column < columns; column += 1) {
        if ((output[row + column] as number) > (output[row + best] as number)) best = column;
      }
      const confidence = objectness * (output[row + best] as number);
      if (confidence <= CONFIDENCE) continue;
      const x = ((output[row] as number) + (cell % side)) * stride;
      const y = ((output[row + 1] as number) + Math.floor(cell / side)) * stride;
      const halfWidth = (Math.exp(output[row + 2] as number) * stride) / 2;
      const halfHeight = (Math.exp(output[row + 3] as number) * stride) / 2;
      const xyxy = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight] as const;
      boxes.push({ classId: best - 5, confidence, xyxy });
    }
  }
  return suppress(boxes);
}

/** Greedy class-wise NMS, highest confidence first. */
function suppress(boxes: Box[]): Box[] {
  boxes.sort((a, b) => b.confidence - a.confidence);
  const kept: Box[] = [];
  for (const box of boxes) {
    if (kept.length === BOX_COUNT_MAX) break;
    const rivals = kept.filter((other) => other.classId === box.classId);
    if (rivals.every((other) => iou(other.xyxy, box.xyxy) <= IOU)) kept.push(box);
  }
  return kept;
}

function iou(a: Box["xyxy"], b: Box["xyxy"]): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(width, 0) * Math.max(height, 0);
  const area = (box: Box["xyxy"]): number => (box[2] - box[0]) * (box[3] - box[1]);
  return shared / (area(a) + area(b) - shared);
}
