import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { planeLayout } from "../../src/layout/planes.ts";
import type { PixelFormatName } from "../../src/types.ts";

// One test starts twenty processes; a busy machine takes its time.
setDefaultTimeout(60_000);

describe("planeLayout()", () => {
  test("packs planes back to back and rounds chroma up", () => {
    // By hand: 321×241 luma is 77,361 bytes, each chroma plane 161·121 = 19,481.
    expect(planeLayout({ width: 321, height: 241, pixelFormat: "yuv420p" })).toEqual({
      offsetBytes: [0, 77_361, 96_842],
      strideBytes: [321, 161, 161],
      rows: [241, 121, 121],
      sizeBytes: 116_323,
    });
    expect(planeLayout({ width: 321, height: 241, pixelFormat: "nv12" })).toEqual({
      offsetBytes: [0, 77_361],
      strideBytes: [321, 322],
      rows: [241, 121],
      sizeBytes: 116_323,
    });
    expect(planeLayout({ width: 3, height: 2, pixelFormat: "bgr24" })).toEqual({
      offsetBytes: [0],
      strideBytes: [9],
      rows: [2],
      sizeBytes: 18,
    });
  });

  test("refuses sizes that are no picture", () => {
    for (const width of [0, -1, 1.5, Number.NaN]) {
      expect(() => planeLayout({ width, height: 2, pixelFormat: "rgb24" })).toThrow(RangeError);
    }
  });

  test.skipIf(Bun.which("ffmpeg") === null)("sizes are those of ffmpeg's rawvideo", () => {
    const formats: PixelFormatName[] = ["yuv420p", "nv12", "rgb24", "bgr24"];
    for (const pixelFormat of formats) {
      for (const [width, height] of [
        [321, 241],
        [320, 241],
        [321, 240],
        [2, 2],
        [1, 1],
      ] as const) {
        const { stdout } = Bun.spawnSync([
          ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1"],
          ...["-vf", `scale=${width}:${height}`, "-pix_fmt", pixelFormat, "-f", "rawvideo", "-"],
        ]);
        const { sizeBytes } = planeLayout({ width, height, pixelFormat });
        expect([pixelFormat, width, height, stdout.length]).toEqual([
          pixelFormat,
          width,
          height,
          sizeBytes,
        ]);
      }
    }
  });
});
