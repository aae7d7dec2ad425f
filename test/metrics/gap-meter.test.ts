import { expect, test } from "bun:test";
import { GapMeter } from "../../src/metrics/gap-meter.ts";

test("GapMeter measures from one answered frame to the next", () => {
  const gaps = new GapMeter();
  expect([gaps.mean, gaps.max]).toEqual([0, 0]);
  gaps.record(7);
  expect([gaps.mean, gaps.max]).toEqual([0, 0]);
  for (const frame of [8, 12, 14]) gaps.record(frame);
  expect(gaps.mean).toBeCloseTo(7 / 3);
  expect(gaps.max).toBe(4);
});
