import { expect, test } from "bun:test";
import { FrameClock } from "../../src/pipeline/frame-clock.ts";

test("FrameClock: times are those of the segment, and an offset", () => {
  const clock = new FrameClock(1000);
  clock.begin();
  expect([0, 40, 80].map((ms) => clock.next(ms))).toEqual([1000, 1040, 1080]);
});

test("FrameClock: a segment that would turn the clock back goes on after the last frame", () => {
  const clock = new FrameClock(0);
  clock.begin();
  expect([100, 140, 180].map((ms) => clock.next(ms))).toEqual([100, 140, 180]);
  clock.begin();
  // 60 is before 180: it and what follows come 160 later.
  expect([60, 100].map((ms) => clock.next(ms))).toEqual([220, 260]);
  clock.begin();
  expect([300, 340].map((ms) => clock.next(ms))).toEqual([300, 340]);
});
