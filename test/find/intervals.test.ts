import { expect, test } from "bun:test";
import { type IntervalLimits, timeIntervals } from "../../src/find/intervals.ts";

/** Ten frames a second: `x` shows the object. */
function intervalsOf(timeline: string, limits: Partial<IntervalLimits> = {}): string {
  const answers = {
    present: Uint8Array.from([...timeline], (mark) => Number(mark === "x")),
    timesMs: Float64Array.from([...timeline], (_, index) => 100 * index),
    fps: 10,
  };
  return timeIntervals(answers, { gapS: 0, shortestS: 0, ...limits })
    .map(({ first, last, startMs, endMs }) => `${first}-${last}@${startMs}-${endMs}`)
    .join(" ");
}

test("timeIntervals() begins with the first frame that shows it and ends when the last one does", () => {
  expect(intervalsOf("..xxx..")).toBe("2-4@200-500");
  expect(intervalsOf("x.xx")).toBe("0-0@0-100 2-3@200-400");
  expect(intervalsOf("....")).toBe("");
});

test("timeIntervals() closes gaps as long as the longest one allowed, and none longer", () => {
  expect(intervalsOf("xx..xx", { gapS: 0.2 })).toBe("0-5@0-600");
  expect(intervalsOf("xx...xx", { gapS: 0.2 })).toBe("0-1@0-200 5-6@500-700");
});

test("timeIntervals() leaves out what is shorter than the shortest, gaps included", () => {
  expect(intervalsOf("x....xxx", { shortestS: 0.2 })).toBe("5-7@500-800");
  expect(intervalsOf("x.x....xxx", { shortestS: 0.3, gapS: 0.1 })).toBe("0-2@0-300 7-9@700-1000");
});
