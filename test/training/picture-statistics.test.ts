import { expect, test } from "bun:test";
import { pictureStatistics } from "../../src/training/picture-statistics.ts";

test("pictureStatistics() is the mean of each pixel, and one over the deviation of the rest", () => {
  // Pixels 0 and 20, 100 and 100, 30 and 50: deviations 10, 0, 10; their mean square is 200/3.
  const { mean, scale } = pictureStatistics(Uint8Array.of(0, 100, 30, 20, 100, 50), 2, 3);
  expect([...mean]).toEqual([10, 100, 40]);
  expect(scale).toBeCloseTo(1 / Math.sqrt(200 / 3), 12);
});

test("pictureStatistics() does not blow up noise", () => {
  expect(pictureStatistics(Uint8Array.of(7, 7, 8, 7), 2, 2).scale).toBe(1 / 4);
});
