import { mulberry32 } from "../src/random.ts";
import type { ConstantTensor } from "./constant-model.ts";

/** Sides of the model's input in pixels. */
export const CROWD_SIZE = 416;

const CLASS_COUNT = 80;
const STRIDES = [8, 16, 32];
/** Most backgrounds score below this. */
const BACKGROUND_SCORE = 0.05;

/** Output formats a crowd can be written in. */
export type CrowdHead = "yolox" | "yolov8";

/** One row of a detector's output, in input pixels. */
interface Row {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly classId: number;
  readonly score: number;
}

/**
 * What a detector says of a picture full of objects: every cell has a faint opinion, and the cells
 * round an object all see it, a little off each. Seeded: the same arguments give the same tensor.
 */
export function crowd(head: CrowdHead, objectCount: number): ConstantTensor {
  const random = mulberry32(objectCount + 1);
  const rows: Row[] = [];
  const objects = Array.from({ length: objectCount }, () => ({
    x: random() * CROWD_SIZE,
    y: random() * CROWD_SIZE,
    width: 24 + random() * 72,
    height: 24 + random() * 72,
    classId: Math.floor(random() * CLASS_COUNT),
  }));
  for (const stride of STRIDES) {
    for (let cell = 0; cell < (CROWD_SIZE / stride) ** 2; cell += 1) {
      const { x, y } = centre(cell, stride);
      const near = objects.find(
        (object) => Math.abs(object.x - x) < 2 * stride && Math.abs(object.y - y) < 2 * stride,
      );
      const off = (): number => (random() - 0.5) * 4;
      const seen = near ?? {
        x,
        y,
        width: stride * 2,
        height: stride * 2,
        classId: cell % CLASS_COUNT,
      };
      rows.push({
        x: seen.x + off(),
        y: seen.y + off(),
        width: seen.width + off(),
        height: seen.height + off(),
        classId: seen.classId,
        score: near === undefined ? random() * BACKGROUND_SCORE : 0.3 + random() * 0.65,
      });
    }
  }
  return head === "yolox" ? yoloxTensor(rows) : yolov8Tensor(rows);
}

function centre(cell: number, stride: number): { x: number; y: number } {
  const side = CROWD_SIZE / stride;
  return { x: ((cell % side) + 0.5) * stride, y: (Math.floor(cell / side) + 0.5) * stride };
}

/** `[1, N, 85]`: offsets in cells, logarithmic sides, objectness, scores. */
function yoloxTensor(rows: readonly Row[]): ConstantTensor {
  const columns = 5 + CLASS_COUNT;
  const values = new Float32Array(rows.length * columns);
  let index = 0;
  for (const stride of STRIDES) {
    const side = CROWD_SIZE / stride;
    for (let cell = 0; cell < side * side; cell += 1, index += 1) {
      const row = rows[index] as Row;
      const at = index * columns;
      values[at] = row.x / stride - (cell % side);
      values[at + 1] = row.y / stride - Math.floor(cell / side);
      values[at + 2] = Math.log(row.width / stride);
      values[at + 3] = Math.log(row.height / stride);
      values[at + 4] = Math.sqrt(row.score);
      values[at + 5 + row.classId] = Math.sqrt(row.score);
    }
  }
  return { shape: [1, rows.length, columns], values };
}

/** `[1, 84, N]`: centre and sides in pixels, scores; one column a cell. */
function yolov8Tensor(rows: readonly Row[]): ConstantTensor {
  const lines = 4 + CLASS_COUNT;
  const values = new Float32Array(rows.length * lines);
  for (const [column, row] of rows.entries()) {
    const box = [row.x, row.y, row.width, row.height];
    for (const [line, value] of box.entries()) values[line * rows.length + column] = value;
    values[(4 + row.classId) * rows.length + column] = row.score;
  }
  return { shape: [1, lines, rows.length], values };
}
