import { expect, test } from "bun:test";
import { sampleFrames } from "../../src/learning/samples.ts";

/** Ten frames with the object, then 90 without, the last ten of them ignored. */
const TRUTH = Uint8Array.from({ length: 100 }, (_, frame) => (frame < 10 ? 1 : frame < 90 ? 0 : 2));

test("sampleFrames() takes all frames that count where there are few, in order", () => {
  const chosen = sampleFrames(TRUTH, { from: 5, to: 100 }, { present: 50, absent: 500 }, 1);
  expect([...chosen]).toEqual(Array.from({ length: 85 }, (_, index) => index + 5));
});

test("sampleFrames() draws evenly over the time where there are more", () => {
  const chosen = sampleFrames(TRUTH, { from: 0, to: 100 }, { present: 5, absent: 8 }, 1);
  expect(chosen).toHaveLength(13);
  expect([...chosen].filter((frame) => TRUTH[frame] === 1)).toHaveLength(5);
  const tens = [...chosen].filter((frame) => frame >= 10).map((frame) => Math.floor(frame / 10));
  expect(tens).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("sampleFrames() draws no frame twice", () => {
  const absent = new Uint8Array(10_000);
  const most = { present: 1, absent: 6789 };
  for (const seed of [1, 2, 3]) {
    const chosen = sampleFrames(absent, { from: 0, to: 10_000 }, most, seed);
    expect(new Set(chosen).size).toBe(6789);
  }
});

test("sampleFrames() draws the same for the same seed, and otherwise for another", () => {
  const draw = (seed: number) => [
    ...sampleFrames(TRUTH, { from: 0, to: 100 }, { present: 3, absent: 8 }, seed),
  ];
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
