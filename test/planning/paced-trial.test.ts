import { expect, test } from "bun:test";
import { withoutSlowest, withPaced } from "../../src/planning/paced-trial.ts";

/** Three cameras of 90 frames each, whose decoders start in 30 ms. */
const camera = {
  ...{ decodeMs: 1.5, pacedDecodeMs: 1.5, decoderStartMs: 30, readMs: 0.2, rhythm: [1] },
  ...{ memoryBytes: 1e6, pictureBytes: 1e4 },
};
const paced = (decoderMs: number) => withPaced(camera, { decoderMs, cameras: 3, frames: 270 });

test("withPaced() takes the starts of the decoders off, and shares the rest among the frames", () => {
  // (630 - 3 · 30) / 270 = 2, and (360 - 90) / 270 = 1: what it costs a busy machine stays.
  expect(paced(630)).toEqual({ ...camera, decodeMs: 1.5, pacedDecodeMs: 2 });
  expect(paced(360)).toEqual({ ...camera, decodeMs: 1.5, pacedDecodeMs: 1 });
});

test("withPaced() leaves the cost as it was where all took less than the starts should have", () => {
  for (const decoderMs of [90, 60, 0, Number.NaN]) expect(paced(decoderMs)).toBe(camera);
});

test("withoutSlowest() leaves out the round in which the machine was held up", () => {
  // Four rounds of three values.
  const values = [5, 6, 5, 5, 90, 80, 6, 5, 6, 7, 7, 7];
  expect(withoutSlowest(values)).toEqual([5, 6, 5, 6, 5, 6, 7, 7, 7]);
  expect(withoutSlowest([8])).toEqual([8]);
});
