import { describe, expect, test } from "bun:test";
import { chooseFormat, type StreamProbe } from "../../src/source/geometry.ts";

const h264: StreamProbe = {
  codec: "h264",
  width: 1920,
  height: 1080,
  rotation: 0,
  pixelFormat: "yuv420p",
};

describe("chooseFormat()", () => {
  test.each([
    ["yuv420p", undefined, "yuv420p", "limited"],
    ["yuv420p", "pc", "yuv420p", "full"],
    ["yuvj420p", "pc", "yuv420p", "full"],
    ["yuv422p", "tv", "yuv420p", "limited"],
    ["yuvj422p", "pc", "yuv420p", "limited"],
    ["yuv420p10le", "tv", "yuv420p", "limited"],
    ["gray", "pc", "yuv420p", "limited"],
    ["yuva420p", "tv", "yuv420p", "limited"],
    ["nv12", "tv", "yuv420p", "limited"],
    ["rgb24", undefined, "rgb24", "full"],
    ["gbrp", undefined, "rgb24", "full"],
    ["bgra", undefined, "rgb24", "full"],
    ["pal8", undefined, "rgb24", "full"],
  ])("%p with range %p becomes %p, %p", (pixelFormat, range, expected, expectedRange) => {
    const stream = { ...h264, pixelFormat, ...(range === undefined ? {} : { colorRange: range }) };
    expect(chooseFormat(stream, {}).geometry).toMatchObject({
      pixelFormat: expected as "yuv420p",
      colorRange: expectedRange as "full",
    });
  });

  test.each([
    [undefined, "bt601"],
    ["smpte170m", "bt601"],
    ["bt470bg", "bt601"],
    ["bt709", "bt709"],
    ["bt2020nc", "bt709"],
    ["smpte240m", "bt709"],
  ])("matrix %p is delivered as %p", (colorSpace, expected) => {
    const stream = { ...h264, ...(colorSpace === undefined ? {} : { colorSpace }) };
    expect(chooseFormat(stream, {}).geometry.colorMatrix).toBe(expected as "bt601");
  });

  test("converts nothing where the stream already fits", () => {
    expect(chooseFormat(h264, {}).scale).toBe("scale=1920:1080");
    expect(chooseFormat({ ...h264, pixelFormat: "yuvj420p" }, {})).toMatchObject({
      scale: "scale=1920:1080",
      ffmpegPixelFormat: "yuvj420p",
    });
    expect(chooseFormat(h264, { hardware: true })).toMatchObject({
      scale: "scale=1920:1080",
      ffmpegPixelFormat: "nv12",
    });
  });

  test("a quarter turn swaps the sides, a half turn does not", () => {
    const sides = (rotation: StreamProbe["rotation"]): number[] => {
      const { width, height } = chooseFormat({ ...h264, rotation }, {}).geometry;
      return [width, height];
    };
    expect([90, 180, 270].map((turn) => sides(turn as 90))).toEqual([
      [1080, 1920],
      [1920, 1080],
      [1080, 1920],
    ]);
  });
});
