import { expect, test } from "bun:test";
import { RateWindows, WINDOW_COUNT_MAX } from "../../src/schedule/rate-windows.ts";

test("RateWindows counts what leaves in each window; one that is not over does not count", () => {
  const windows = new RateWindows(500);
  for (const ms of [0, 100, 499, 500, 1600, 2100]) windows.left(ms);
  expect(windows.rates(2400)).toEqual([6, 2, 0, 2]);
  expect(windows.rates(499)).toEqual([]);
});

test("RateWindows keeps the first ones of a long time", () => {
  const windows = new RateWindows(1);
  for (const ms of [0, 1e9]) windows.left(ms);
  expect(windows.rates(1e9)).toHaveLength(WINDOW_COUNT_MAX);
});
