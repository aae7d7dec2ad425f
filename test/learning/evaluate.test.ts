import { expect, test } from "bun:test";
import { agreementWith } from "../../src/learning/evaluate.ts";

/** `x` is present, `.` absent, `?` ignored. */
const marks = (text: string): Uint8Array =>
  Uint8Array.from([...text], (mark) => (mark === "?" ? 2 : Number(mark === "x")));

function agreement(said: string, truth: string, fps = 1) {
  const present = marks(said);
  return agreementWith({ present, scores: Float32Array.from(present) }, marks(truth), fps);
}

test("agreementWith() counts misses of frames present and alarms of frames absent", () => {
  const { falseNegatives, falsePositives } = agreement("xx..x...", "xxx...??");
  expect(falseNegatives).toMatchObject({ errors: 1, trials: 3 });
  expect(falsePositives).toMatchObject({ errors: 1, trials: 3 });
  expect(falseNegatives.upper).toBeGreaterThan(1 / 3);
});

test("agreementWith() does not count ignored frames, whatever was said of them", () => {
  const { falseNegatives, falsePositives, intervals } = agreement("xxxx....", "?xx?....");
  expect([falseNegatives.errors, falsePositives.errors]).toEqual([0, 0]);
  expect(intervals).toEqual({ recall: 1, precision: 1 });
});

test("agreementWith() finds appearances over gaps of a second", () => {
  // At 2 fps a gap of two frames parts nothing.
  const { intervals } = agreement("xx..xx....x", "xxxxxx.....", 2);
  expect(intervals).toEqual({ recall: 1, precision: 1 / 2 });
});

test("agreementWith() refuses labels of another number of frames", () => {
  expect(() => agreement("xx", "xxx")).toThrow(
    "The labels are of 3 frames, and the video has 2: give labels of this video",
  );
});

test("agreementWith() says how many frames and windows were judged", () => {
  // At 2 fps, windows of two frames: the last two have none that counts.
  const { frames, judged, windowed } = agreement("xx......", "x?..????", 2);
  expect([frames, judged, windowed.windows]).toEqual([8, 3, 2]);
});
