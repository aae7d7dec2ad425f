import { expect, test } from "bun:test";
import { videoPaths } from "../../src/sink/video-paths.ts";

test("videoPaths() keeps the name for one source", () => {
  expect(videoPaths("out/a.mp4", ["rtsp://x/1"])).toEqual(["out/a.mp4"]);
});

test("videoPaths() puts the source before the ending, without what a file name cannot hold", () => {
  expect(videoPaths("o.u/a.mp4", ["front", "a/b:c", "Straße 7"])).toEqual([
    "o.u/a-front.mp4",
    "o.u/a-a_b_c.mp4",
    "o.u/a-Straße_7.mp4",
  ]);
});

test("videoPaths() gives every source a file of its own", () => {
  expect(new Set(videoPaths("a.mp4", ["x/y", "x:y", "x_y"])).size).toBe(3);
});
