import { expect, test } from "bun:test";
import { meanOf } from "../../src/learning/costs.ts";

test("meanOf() gives Student's interval", () => {
  // Mean 5, standard deviation √(10/3), t(0.975; 3) = 3.182446: half width 2.905.
  const { mean, low, high } = meanOf([3, 4, 6, 7]);
  expect(mean).toBe(5);
  expect(low).toBeCloseTo(5 - 3.182446 * Math.sqrt(10 / 3 / 4), 3);
  expect(high).toBeCloseTo(5 + 3.182446 * Math.sqrt(10 / 3 / 4), 3);
});

test("meanOf() of one time says nothing of its spread, and no interval begins below 0", () => {
  expect(meanOf([2])).toEqual({ mean: 2, low: 2, high: 2 });
  expect(meanOf([0.1, 3]).low).toBe(0);
});
