import { expect, test } from "bun:test";
import { decodeYolox } from "../../../bench/baselines/yolox.ts";

/** Size 64 has 64 + 16 + 4 cells; two classes make seven columns. */
const SIZE = 64;
const COLUMNS = 7;
const ROWS = 84;

function output(rows: Readonly<Record<number, readonly number[]>>): Float32Array {
  const values = new Float32Array(ROWS * COLUMNS);
  for (const [row, columns] of Object.entries(rows)) values.set(columns, Number(row) * COLUMNS);
  return values;
}

test("decodeYolox() puts a box where its cell, offset and sides say", () => {
  // Row 18 is cell (2, 2) at stride 8: centre (2 + 0, 2 + 0.5) * 8, sides 8 * (2, 3).
  const [box, ...others] = decodeYolox(
    output({ 18: [0, 0.5, Math.log(2), Math.log(3), 0.9, 1, 0] }),
    SIZE,
  );
  expect(others).toEqual([]);
  expect(box?.classId).toBe(0);
  expect(box?.confidence).toBeCloseTo(0.9, 6);
  for (const [index, side] of [8, 8, 24, 32].entries()) {
    expect(box?.xyxy[index]).toBeCloseTo(side, 4);
  }
});

test("decodeYolox() suppresses within a class alone", () => {
  // Row 19's cell lies 8 pixels right of row 18's; sides of 59 pixels make an IoU of 0.76.
  const row = (score: number, a: number, b: number): number[] => [0, 0, 2, 2, score, a, b];
  expect(decodeYolox(output({ 18: row(0.9, 1, 0), 19: row(0.8, 1, 0) }), SIZE)).toHaveLength(1);
  expect(decodeYolox(output({ 18: row(0.9, 1, 0), 19: row(0.8, 0, 1) }), SIZE)).toHaveLength(2);
});
