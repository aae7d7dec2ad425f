import { describe, expect, test } from "bun:test";
import type { SystemCommand } from "../../src/backend/system-command.ts";
import { inspectTools, parseToolVersion } from "../../src/doctor/tools.ts";

/** Excerpts of what ffmpeg prints. */
const answers: Readonly<Record<string, string>> = {
  "ffmpeg -version": "ffmpeg version 7.1.1 Copyright (c) 2000-2025 the FFmpeg developers\n",
  "ffprobe -version": "ffprobe version N-109542-g1bf1a2f Copyright (c) 2007-2025\n",
  "ffmpeg -hide_banner -decoders": `Decoders:
 V..... = Video
 ------
 VFS..D h264                 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10
 V....D libdav1d             dav1d AV1 decoder by VideoLAN (codec av1)
 VF...D mjpeg                MJPEG (Motion JPEG)
 A....D hevc_not             a sound
`,
  "ffmpeg -hide_banner -hwaccels": "Hardware acceleration methods:\nvideotoolbox\n\n",
};
const command: SystemCommand = async (words) => answers[words.join(" ")] ?? null;
const which = (name: string): string => `/usr/bin/${name}`;

describe("inspectTools()", () => {
  test("finds versions, codecs and hardware decoding", async () => {
    expect(await inspectTools(command, which)).toEqual({
      tools: [
        { name: "ffmpeg", path: "/usr/bin/ffmpeg", version: "7.1.1" },
        { name: "ffprobe", path: "/usr/bin/ffprobe", version: "N-109542-g1bf1a2f" },
      ],
      codecs: ["h264", "av1", "mjpeg"],
      missing_codecs: ["hevc", "vp9", "mpeg4"],
      hardware: ["videotoolbox"],
    });
  });

  test("tells a program that is missing from one that does not run", async () => {
    const { tools } = await inspectTools(
      async () => null,
      (name) => (name === "ffmpeg" ? null : which(name)),
    );
    expect(tools).toEqual([
      { name: "ffmpeg", path: null, version: null },
      { name: "ffprobe", path: "/usr/bin/ffprobe", version: null },
    ]);
  });
});

test("parseToolVersion() is null for what another program prints", () => {
  expect(parseToolVersion("bash: ffmpeg: command not found")).toBeNull();
});
