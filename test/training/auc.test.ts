import { expect, test } from "bun:test";
import { areaUnderCurve } from "../../src/training/auc.ts";

test.each([
  // Pairs of one with and one without, worked by hand: 3 of 4 are in order.
  [[0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75],
  // All in order, all in reverse.
  [[0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 1],
  [[0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0],
  // All tied: each pair counts half.
  [[0.5, 0.5, 0.5], [0, 1, 1], 0.5],
  // Of 2 × 3 pairs: 0.3 over 0.1 and 0.2, tied with 0.3; 0.2 over 0.1, tied with 0.2: 4 of 6.
  [[0.3, 0.1, 0.2, 0.3, 0.2], [0, 0, 0, 1, 1], 4 / 6],
])("areaUnderCurve(%p, %p) is %p", (scores, labels, area) => {
  expect(areaUnderCurve(scores, labels)).toBeCloseTo(area, 12);
});

test("areaUnderCurve() is no number where one kind is missing, or a score is none", () => {
  expect(areaUnderCurve([0.1, Number.NaN], [0, 1])).toBeNaN();
  expect(areaUnderCurve([0.1, 0.2], [0, 0])).toBeNaN();
  expect(areaUnderCurve([0.1, 0.2], [1, 1])).toBeNaN();
});
