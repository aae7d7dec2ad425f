import { expect, test } from "bun:test";
import { letterboxSize } from "../../src/model/letterbox.ts";

// Sizes from the projects' own Python, run by hand: YOLOX int(side * r),
// Ultralytics round(side * r).
test.each([
  ["top-left", 416, [1280, 720], [416, 234]],
  ["top-left", 416, [768, 432], [416, 233]],
  ["top-left", 640, [333, 500], [426, 640]],
  ["centre", 640, [334, 500], [428, 640]],
  ["centre", 640, [1280, 718], [640, 359]],
  // 5 · 0.5 and 7 · 0.5: halves go to the even side.
  ["centre", 640, [1280, 5], [640, 2]],
  ["centre", 640, [1280, 7], [640, 4]],
  ["stretch", 640, [1280, 720], [640, 640]],
  ["top-left", 64, [2000, 1], [64, 1]],
] as const)("letterboxSize() of %s in %d: %o gives %o", (letterbox, side, picture, expected) => {
  const [width, height] = picture;
  const size = letterboxSize({ width: side, height: side, letterbox }, { width, height });
  expect([size.width, size.height]).toEqual([...expected]);
});
