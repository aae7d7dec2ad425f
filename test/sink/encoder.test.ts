import { describe, expect, test } from "bun:test";
import { chooseEncoder, encoderCommand, muxerFor } from "../../src/sink/encoder.ts";
import { GEOMETRY } from "./fake-run.ts";

const LISTING = ` V....D libx264              libx264 H.264 / AVC (codec h264)
 V....D libx264rgb           libx264 H.264 RGB (codec h264)
 V.S... mpeg4                MPEG-4 part 2
 V....D h264_videotoolbox    VideoToolbox H.264 Encoder (codec h264)
 A....D aac                  AAC (Advanced Audio Coding)
`;
const without = (name: string): string =>
  LISTING.split("\n")
    .filter((line) => !line.includes(` ${name} `))
    .join("\n");

describe("chooseEncoder()", () => {
  test("takes VideoToolbox on macOS and libx264 elsewhere", () => {
    expect(chooseEncoder(LISTING, "darwin").arguments).toContain("h264_videotoolbox");
    expect(chooseEncoder(LISTING, "linux").arguments).toContain("libx264");
    expect(chooseEncoder(without("h264_videotoolbox"), "darwin").arguments).toContain("libx264");
    expect(chooseEncoder(LISTING, "linux").note).toBeUndefined();
  });

  test("falls back to MPEG-4 and says so; libx264rgb alone is no help", () => {
    const choice = chooseEncoder(without("libx264"), "linux");
    expect(choice.arguments).toContain("mpeg4");
    expect(choice.note).toContain("libx264");
    expect(choice.ticksPerSecond).toBeLessThan(65_536);
  });

  test("an ffmpeg with neither is refused", () => {
    expect(() => chooseEncoder(" V..... vp9  VP9\n", "linux")).toThrow("neither libx264 nor mpeg4");
  });
});

describe("encoderCommand()", () => {
  const choice = chooseEncoder(LISTING, "linux");
  const filterOf = (geometry: Partial<typeof GEOMETRY>): string => {
    const options = { choice, geometry: { ...GEOMETRY, ...geometry }, muxer: "mp4", path: "o" };
    const command = encoderCommand(options);
    return command[command.indexOf("-vf") + 1] as string;
  };

  test("an even YCbCr picture passes unchanged", () => {
    expect(filterOf({})).toBe("format=yuv420p");
  });

  test("RGB is converted with the matrix the tags name", () => {
    const filter = filterOf({ pixelFormat: "rgb24", colorMatrix: "bt709" });
    expect(filter).toStartWith("scale=out_color_matrix=bt709:out_range=tv,");
  });

  test("an odd size is padded", () => {
    expect(filterOf({ height: 47 })).toContain("pad=ceil(iw/2)*2:ceil(ih/2)*2");
  });
});

describe("muxerFor()", () => {
  test("knows MP4 and QuickTime names in any case", () => {
    expect([muxerFor("a.mp4"), muxerFor("a.b.MOV"), muxerFor("x/y.m4v")]).toEqual([
      "mp4",
      "mov",
      "mp4",
    ]);
  });

  test.each(["video", "video.avi", "dir.mp4/video", "-"])("refuses %s", (path) => {
    expect(() => muxerFor(path)).toThrow("must end in .mp4");
  });
});
