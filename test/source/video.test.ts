import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { AipError } from "../../src/errors.ts";
import { openSource } from "../../src/source/open.ts";
import { probeVideo } from "../../src/source/video.ts";
import { until } from "../e2e/workspace.ts";
import { testSourceContract } from "./contract.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, plainColor, testPicture } from "./media.ts";
import { pipes } from "./pipes.ts";
import { readSegment, readSource } from "./segment-reader.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];

describe.skipIf(!hasFfmpeg)("openVideo()", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  testSourceContract("a video", () => {
    const path = media.make("contract.mp4", ...testPicture(320, 240, 2), ...H264);
    return openSource(path, { pipes });
  });

  async function failure(path: string): Promise<AipError> {
    const error = await openSource(path, { pipes }).catch((thrown: unknown) => thrown);
    if (error instanceof AipError) return error;
    throw new Error("It should have failed");
  }

  test("delivers every frame of a file with B-frames once, in order, as ffmpeg alone does", async () => {
    const path = media.make("b-frames.mp4", ...testPicture(320, 240, 2), ...H264, "-bf", "3");
    const source = await openSource(path, { pipes });
    const { segments, errors } = await readSource(source);
    expect(errors).toEqual([null]);
    expect(Buffer.concat(segments[0]?.pictures ?? [])).toEqual(
      Buffer.from(ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")),
    );
    expect(segments[0]?.timesMs).toEqual(Array.from({ length: 50 }, (_, index) => index * 40));
    expect(source.info).toMatchObject({ fps: 25, frameCount: 50, description: "h264 320×240" });
    expect(source.name).toBe("b-frames");
  });

  test("keeps the times of a variable frame rate", async () => {
    // Frames 0–9 of 30 a second, then every third: times by the selection, not by ffmpeg.
    const path = media.make(
      "vfr.mp4",
      ...testPicture(320, 240, 1, 30),
      ...["-vf", "select='lt(n,10)+not(mod(n,3))'", "-fps_mode", "vfr", "-bf", "2"],
      ...H264,
    );
    const kept = Array.from({ length: 30 }, (_, index) => index).filter(
      (n) => n < 10 || n % 3 === 0,
    );
    const { segments } = await readSource(await openSource(path, { pipes }));
    const times = segments[0]?.timesMs ?? [];
    expect(times).toHaveLength(kept.length);
    for (const [index, frame] of kept.entries()) {
      expect(times[index]).toBeCloseTo((frame * 1000) / 30, 1);
    }
  });

  test("bgr24 is byte for byte what plain ffmpeg gives, tagged BT.709 or not", async () => {
    for (const tag of [[], ["-colorspace", "bt709"], ["-color_range", "pc"]]) {
      const path = media.make("bgr.mp4", ...testPicture(322, 242, 0.4), ...H264, ...tag);
      const source = await openSource(path, { pipes, pixelFormat: "bgr24" });
      const { segments } = await readSource(source);
      expect(Buffer.concat(segments[0]?.pictures ?? [])).toEqual(
        Buffer.from(ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "bgr24", "-")),
      );
    }
  });

  test("rgb24 is BT.601's exact conversion, rounded", async () => {
    // Limited range: R = 1.164384 (Y − 16) + 1.596027 (V − 128), and so on (BT.601).
    for (const [y, u, v] of [
      [100, 128, 128],
      [81, 90, 240],
      [145, 54, 34],
      [60, 170, 110],
      [201, 120, 141],
    ] as const) {
      const plain = `geq=lum=${y}:cb=${u}:cr=${v}`;
      const path = media.make(
        "exact.mkv",
        ...["-f", "lavfi", "-i", "color=s=64x48:r=25:d=0.04,format=yuv420p", "-vf", plain],
        ...["-c:v", "ffv1", "-pix_fmt", "yuv420p"],
      );
      const { segments } = await readSource(
        await openSource(path, { pipes, pixelFormat: "rgb24" }),
      );
      const pixels = segments[0]?.pictures[0];
      const luma = 1.164384 * (y - 16);
      const [blue, red] = [u - 128, v - 128];
      const exact = [
        luma + 1.596027 * red,
        luma - 0.391762 * blue - 0.812968 * red,
        luma + 2.017232 * blue,
      ].map((value) => Math.min(255, Math.max(0, value)));
      expect(pixels).toHaveLength(64 * 48 * 3);
      exact.forEach((value, channel) => {
        expect(Math.abs((pixels?.[1500 + channel] as number) - value)).toBeLessThan(0.75);
      });
    }
  });

  test("rounds the chroma of odd sizes up", async () => {
    const path = media.make(
      "odd.mkv",
      ...plainColor("0x0000FF", "64x48"),
      ...["-vf", "scale=321:241", "-c:v", "ffv1", "-pix_fmt", "yuv420p"],
    );
    const source = await openSource(path, { pipes });
    const { segments, errors } = await readSource(source);
    expect(errors).toEqual([null]);
    expect(source.info.geometry).toMatchObject({ width: 321, height: 241, pixelFormat: "yuv420p" });
    // 321·241 + 2·161·121 bytes; blue is Y 41, Cb 240, Cr 110 (BT.601, limited).
    const picture = segments[0]?.pictures[0] ?? new Uint8Array();
    expect(picture.length).toBe(116_323);
    expect(segments[0]?.frames).toBe(5);
    expect(Math.abs((picture[116_322] as number) - 110)).toBeLessThanOrEqual(1);
    expect(Math.abs((picture[321 * 241] as number) - 240)).toBeLessThanOrEqual(1);
  });

  test("keeps full-range pictures as they are and says so", async () => {
    // yuvj420p white has Y 255; squeezed to limited range it would be 235.
    const args = [...plainColor("white", "64x48"), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"];
    const source = await openSource(media.make("full.avi", ...args), { pipes });
    const { segments } = await readSource(source);
    expect(source.info.geometry).toMatchObject({ pixelFormat: "yuv420p", colorRange: "full" });
    expect(segments[0]?.pictures[0]?.[0]).toBe(255);
  });

  test("converts grey, 4:2:2, 4:4:4 and 10 bits to limited-range yuv420p", async () => {
    // Grey 128 of 255 is luma 16 + 128 · 219 / 255 = 126 (BT.601, limited range).
    for (const format of ["gray", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"]) {
      const path = media.make(
        `${format}.mkv`,
        ...plainColor("0x808080", "64x48"),
        ...["-c:v", "ffv1", "-pix_fmt", format],
      );
      const source = await openSource(path, { pipes });
      const { segments } = await readSource(source);
      expect(source.info.geometry).toMatchObject({ pixelFormat: "yuv420p", colorRange: "limited" });
      const picture = segments[0]?.pictures[0] as Uint8Array;
      expect([format, picture.length]).toEqual([format, 64 * 48 * 1.5]);
      expect(Math.abs((picture[0] as number) - 126)).toBeLessThanOrEqual(1);
      expect(Math.abs((picture[64 * 48] as number) - 128)).toBeLessThanOrEqual(1);
    }
  });

  test("converts BT.2020 to BT.709", async () => {
    // Pure red: R' = 1. BT.2020 stores Y 16 + 219·0.2627 = 73.5;
    // BT.709 wants 16 + 219·0.2126 = 62.6.
    const path = media.make(
      "bt2020.mkv",
      ...plainColor("0xFF0000", "64x48"),
      ...["-vf", "scale=out_color_matrix=bt2020:out_range=tv", "-c:v", "ffv1"],
      ...["-pix_fmt", "yuv420p10le", "-colorspace", "bt2020nc", "-color_range", "tv"],
    );
    const source = await openSource(path, { pipes });
    const { segments } = await readSource(source);
    expect(source.info.geometry.colorMatrix).toBe("bt709");
    expect(Math.abs((segments[0]?.pictures[0]?.[0] as number) - 63)).toBeLessThanOrEqual(2);
  });

  test("turns rotated videos upright", async () => {
    // Left half red, right half blue; shown a quarter turn clockwise, red is on top.
    const flat = media.make(
      "flat.mp4",
      ...["-f", "lavfi", "-i", "color=red:size=64x96:rate=25:duration=0.2"],
      ...["-f", "lavfi", "-i", "color=blue:size=64x96:rate=25:duration=0.2"],
      ...["-filter_complex", "hstack", ...H264],
    );
    // ISO/IEC 14496-12, 6.2.2: x′ = a·x + c·y, y′ = b·x + d·y; a quarter turn clockwise is
    // x′ = −y, y′ = x. The matrix (a, b, u, c, d, …; 16.16) stands 40 bytes into the tkhd box.
    const bytes = Buffer.from(await bytesOf(flat));
    const matrix = bytes.indexOf("tkhd") + 4 + 40;
    for (const [index, value] of [0, 1, 0, -1, 0].entries()) {
      bytes.writeInt32BE(value * 65_536, matrix + index * 4);
    }
    const path = media.file("turned.mp4");
    writeFileSync(path, bytes);
    const source = await openSource(path, { pipes, pixelFormat: "rgb24" });
    const { segments } = await readSource(source);
    expect(source.info.geometry).toMatchObject({ width: 96, height: 128 });
    const picture = segments[0]?.pictures[0] as Uint8Array;
    const pixel = (x: number, y: number): string => {
      const [r = 0, g = 0, b = 0] = picture.subarray((y * 96 + x) * 3);
      if (r > 200 && g < 60 && b < 60) return "red";
      return b > 200 && r < 60 && g < 60 ? "blue" : `${r} ${g} ${b}`;
    };
    expect([pixel(48, 20), pixel(48, 110)]).toEqual(["red", "blue"]);
  });

  test("a size change in mid-stream does not shift the raw stream", async () => {
    const small = media.make("small.ts", ...testPicture(320, 240, 1), ...H264);
    const large = media.make("large.ts", ...testPicture(640, 480, 1), ...H264);
    const both = media.file("both.ts");
    writeFileSync(both, Buffer.concat([await bytesOf(small), await bytesOf(large)]));
    const { segments } = await readSource(await openSource(both, { pipes }));
    expect(segments[0]).toMatchObject({ frames: 50, partialBytes: 0 });
    expect(segments[0]?.timesMs).toHaveLength(50);
  });

  test("keeps the frames before the break of a cut file and reports it", async () => {
    const whole = media.make(
      "cut.mp4",
      ...testPicture(320, 240, 4),
      ...H264,
      ...["-movflags", "+faststart"],
    );
    truncateSync(whole, Math.round(Bun.file(whole).size * 0.6));
    const source = await openSource(whole, { pipes });
    const { segments, errors } = await readSource(source);
    expect(segments[0]?.frames).toBeGreaterThan(20);
    expect(segments[0]?.frames).toBeLessThan(100);
    expect(errors[0]).toContain(
      `"${whole}" is cut short after ${segments[0]?.frames} of 100 frames`,
    );
  });

  test("sees a transport stream that was cut, inside a packet or between two", async () => {
    // Noise: pictures of many packets, whose loss the decoder notices.
    const noise = ["-vf", "noise=alls=30:allf=t", ...H264, "-preset", "ultrafast"];
    const whole = media.make("whole.ts", ...testPicture(320, 240, 2), ...noise);
    expect((await readSource(await openSource(whole, { pipes }))).errors).toEqual([null]);
    const bytes = await bytesOf(whole);
    // ISO/IEC 13818-1: packets of 188 bytes.
    const picture = firstPacketOfPicture(bytes, Math.floor(bytes.length * 0.6));
    for (const sizeBytes of [picture + 100, picture + 10 * 188]) {
      const path = media.file(`cut-${sizeBytes}.ts`);
      writeFileSync(path, bytes.subarray(0, sizeBytes));
      const { segments, errors } = await readSource(await openSource(path, { pipes }));
      const { frames = 0 } = segments[0] ?? {};
      expect(frames).toBeGreaterThan(20);
      expect(errors).toEqual([
        `"${path}" is cut short after ${frames} frames: the file is incomplete`,
      ]);
    }
  });

  test("sees a Matroska file that was cut", async () => {
    const path = media.make("cut.mkv", ...testPicture(320, 240, 4), ...H264);
    truncateSync(path, Math.round(Bun.file(path).size * 0.6));
    const { segments, errors } = await readSource(await openSource(path, { pipes }));
    expect(segments[0]?.frames).toBeGreaterThan(0);
    expect(errors[0]).toContain("is cut short after");
  });

  test("reports the signal that ended ffmpeg in the middle", async () => {
    const path = media.make(
      "killed.mp4",
      ...testPicture(640, 480, 20),
      ...H264,
      "-preset",
      "ultrafast",
    );
    const source = await openSource(path, { pipes });
    const segment = await source.open();
    process.kill(onlyChildPid(), "SIGKILL");
    const result = await readSegment(segment);
    const error = await source.finish(result);
    expect(error).toMatchObject({ code: "decoder-killed", category: "runtime" });
    expect(error?.message).toContain(
      `after ${result.frames} of 500 frames: ffmpeg was ended by SIGKILL`,
    );
  });

  test.skipIf(process.platform !== "linux")(
    "close() ends a blocked decoder and leaves neither process nor descriptor",
    async () => {
      const path = media.make("long.mp4", ...testPicture(640, 480, 20), ...H264);
      await readSource(await openSource(path, { pipes }));
      const descriptors = (): number => readdirSync("/proc/self/fd").length;
      const before = descriptors();
      const rounds = 3;
      for (let round = 0; round < rounds; round += 1) {
        const source = await openSource(path, { pipes });
        const segment = await source.open();
        const pid = onlyChildPid();
        // The pipe is full and nobody reads: ffmpeg hangs in its write.
        await source.close();
        await source.close();
        expect(() => process.kill(pid, 0)).toThrow();
        expect(await source.open()).toBeNull();
        expect(await source.finish(await readSegment(segment))).toBeNull();
      }
      // One that is left each time would be three; the runtime opens and closes some of its own.
      await until("all are closed again", () => descriptors() < before + rounds);
    },
  );

  test("a reader that has had enough is no error", async () => {
    const path = media.make("enough.mp4", ...testPicture(640, 480, 20), ...H264);
    const source = await openSource(path, { pipes });
    const result = await readSegment(await source.open(), 3);
    expect(result.frames).toBe(3);
    expect(await source.finish(result)).toBeNull();
  });

  test("a text file named .mp4 is refused in one sentence", async () => {
    const path = media.file("text.mp4");
    writeFileSync(path, "hello world\n");
    expect(await failure(path)).toMatchObject({
      code: "source-unreadable",
      category: "usage",
      message:
        `Cannot open source "${path}": it is no video or picture that ffmpeg can read ` +
        "(Invalid data found when processing input)",
    });
  });

  test("an empty file, sound without video and a video without frames are refused", async () => {
    const empty = media.file("empty.mp4");
    writeFileSync(empty, "");
    expect((await failure(empty)).message).toEndWith(": it is empty");
    const sound = media.make("sound.m4a", "-f", "lavfi", "-i", "sine=duration=1");
    expect((await failure(sound)).message).toEndWith(": it has sound but no video");
    const none = media.make("none.mp4", ...testPicture(320, 240, 1), ...H264, "-frames:v", "0");
    expect((await failure(none)).message).toMatch(/no frames|no video/);
  });

  test("a file that is gone by the time it is read says so", async () => {
    await expect(probeVideo(media.file("gone.mp4"))).rejects.toMatchObject({
      code: "source-unreadable",
      message: expect.stringMatching(/gone\.mp4": it is no longer there$/),
    });
  });

  test("a file whose index was cut off says so", async () => {
    const path = media.make("no-index.mp4", ...testPicture(320, 240, 2), ...H264);
    truncateSync(path, Math.round(Bun.file(path).size * 0.6));
    expect((await failure(path)).message).toEndWith(
      "it is cut short, and the index of its frames is missing",
    );
  });
});

async function bytesOf(path: string): Promise<Uint8Array> {
  return await Bun.file(path).bytes();
}

/** Where the first packet of a video's picture lies, from a place in a transport stream on. */
function firstPacketOfPicture(bytes: Uint8Array, from: number): number {
  const packetBytes = 188;
  for (let at = Math.ceil(from / packetBytes) * packetBytes; at < bytes.length; at += packetBytes) {
    const packet = Buffer.from(bytes.subarray(at, at + packetBytes));
    if (packet.includes(Buffer.from([0, 0, 1, 0xe0]))) return at;
  }
  throw new Error("There is no picture");
}

/** The one ffmpeg this process has started. */
function onlyChildPid(): number {
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid), "-x", "ffmpeg"]);
  return Number(stdout.toString().trim());
}
