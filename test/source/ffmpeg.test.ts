import { describe, expect, test } from "bun:test";
import { decodeArguments, parseVersion } from "../../src/source/ffmpeg.ts";
import { chooseFormat } from "../../src/source/geometry.ts";

const stream = {
  codec: "h264",
  width: 768,
  height: 432,
  rotation: 0,
  pixelFormat: "yuv420p",
} as const;
const request = {
  input: ["-i", "file:a.mp4"],
  format: chooseFormat(stream, {}),
  hardware: null,
  version: [5, 1],
  threads: 1,
} as const;

describe("decodeArguments()", () => {
  test("asks for every frame once, at the announced size, with its time on descriptor 3", () => {
    expect(decodeArguments(request).join(" ")).toBe(
      "-nostdin -hide_banner -loglevel level+error -threads 1 -i file:a.mp4 -map 0:V:0 -an -sn -dn " +
        "-fps_mode passthrough -vf scale=768:432,settb=AVTB,metadata=mode=add:key=aip:value=1," +
        "metadata=mode=print:key=aip:direct=1:file='pipe\\:3' -pix_fmt yuv420p -f yuv4mpegpipe pipe:1",
    );
  });

  test("tells the times of all frames before it picks those whose pictures are wanted", () => {
    const args = decodeArguments({ ...request, thinning: { every: 5, first: 7 } });
    expect(args[args.indexOf("-vf") + 1]).toBe(
      "settb=AVTB,metadata=mode=add:key=aip:value=1," +
        "metadata=mode=print:key=aip:direct=1:file='pipe\\:3'," +
        "select='gte(n,7)*(eq(n,7)+not(mod(n,5)))',scale=768:432",
    );
  });

  test("says -vsync to an ffmpeg before 5.1", () => {
    expect(decodeArguments({ ...request, version: [4, 4] })).toContain("-vsync");
    expect(decodeArguments({ ...request, version: [5, 0] })).toContain("-vsync");
    for (const version of [
      [5, 1],
      [8, 0],
    ] as const) {
      expect(decodeArguments({ ...request, version })).not.toContain("-vsync");
    }
  });

  test("names the hardware decoder before the input", () => {
    const hardware = { name: "vaapi", arguments: ["-hwaccel", "vaapi"] } as const;
    const args = decodeArguments({ ...request, hardware });
    expect(args.indexOf("-hwaccel")).toBeGreaterThan(-1);
    expect(args.indexOf("-hwaccel")).toBeLessThan(args.indexOf("-i"));
  });
});

describe("parseVersion()", () => {
  test.each([
    ["ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026", [5, 1]],
    ["ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", [4, 4]],
    ["ffmpeg version n7.1 Copyright", [7, 1]],
    ["ffmpeg version 8.0 Copyright", [8, 0]],
    ["ffmpeg version N-109542-g1b3f8d0 Copyright", [Number.POSITIVE_INFINITY, 0]],
    ["ffmpeg version 2024-05-02-git-71669f2ad5 Copyright", [Number.POSITIVE_INFINITY, 0]],
  ] as const)("%p", (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });
});
