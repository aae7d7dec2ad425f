import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libraryPath } from "../../src/native/library.ts";
import { VideoSink } from "../../src/sink/video.ts";
import type { FrameGeometry } from "../../src/types.ts";
import { testSinkContract } from "./contract.ts";
import { type FakeFrameOptions, FakeRun, type FakeRunOptions, GEOMETRY } from "./fake-run.ts";
import { decodedLuma, streamOf } from "./probe.ts";

const isMissing = !existsSync(libraryPath()) || Bun.which("ffmpeg") === null;
if (isMissing) console.warn("skipped: VideoSink needs the native library and ffmpeg");

const LARGE: FrameGeometry = { ...GEOMETRY, width: 320, height: 240 };
/** How far H.264 moves a grey. */
const LUMA_ERROR = 3;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-video-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let fileCount = 0;

interface Result {
  readonly path: string;
  readonly run: FakeRun;
  readonly sink: VideoSink;
}

interface Writing {
  readonly run: FakeRun;
  readonly sink: VideoSink;
  readonly frames: readonly FakeFrameOptions[];
}

async function written(
  frames: readonly FakeFrameOptions[],
  options: FakeRunOptions = {},
  complete = true,
): Promise<Result> {
  fileCount += 1;
  const path = join(folder, `${fileCount}.mp4`);
  const run = new FakeRun(options);
  const sink = new VideoSink({ path });
  await sink.open(run.context);
  for (const frame of frames) await run.show(frame, sink.write.bind(sink));
  await sink.close(complete);
  return { path, run, sink };
}

const numbered = (count: number, options: Partial<FakeFrameOptions> = {}): FakeFrameOptions[] =>
  Array.from({ length: count }, (_, frameId) => ({ frameId, ...options }));

describe.skipIf(isMissing)("VideoSink", () => {
  testSinkContract("VideoSink", (at) => new VideoSink({ path: join(at, "annotated.mp4") }));

  test("writes H.264 with the source's size, colour and frame rate", async () => {
    const colors = { colorMatrix: "bt709", colorRange: "full" } as const;
    const { path, sink } = await written(numbered(30), { geometry: { ...LARGE, ...colors } });
    expect(await streamOf(path)).toMatchObject({
      codec_name: "h264",
      pix_fmt: expect.stringMatching(/^yuvj?420p$/),
      width: 320,
      height: 240,
      color_space: "bt709",
      color_range: "pc",
      avg_frame_rate: "25/1",
      duration: "1.200000",
      times: Array.from({ length: 30 }, (_, index) => index * 40),
    });
    expect(sink.notes()).toEqual([]);
  });

  test("every picture is that of its frame, however they are decoded", async () => {
    const frames = numbered(40).map((frame, index) => ({ ...frame, luma: 20 + 5 * index }));
    const { path } = await written(frames, { geometry: LARGE });
    const luma = await decodedLuma(path, LARGE);
    expect(luma.length).toBe(40);
    for (const [index, picture] of luma.entries()) {
      expect(Math.abs(picture.mean - (20 + 5 * index))).toBeLessThan(LUMA_ERROR);
    }
  });

  test("true times stay: a variable frame rate, and the gap of a dropped frame", async () => {
    const times = [0, 33.367, 100, 101, 500, 1000];
    const frames = times.map(
      (timeMs, frameId): FakeFrameOptions =>
        frameId === 4 ? { frameId, timeMs, status: "dropped" } : { frameId, timeMs },
    );
    const { path } = await written(frames, { geometry: LARGE });
    const stream = await streamOf(path);
    const expected = [0, 33.367, 100, 101, 1000];
    expect(stream.times.length).toBe(expected.length);
    for (const [index, time] of stream.times.entries()) {
      expect(Math.abs(time - (expected[index] as number))).toBeLessThan(0.02);
    }
  });

  test("times that do not rise are set apart: no picture is lost", async () => {
    const times = [0, 40, 40, 20, 80];
    const frames = times.map((timeMs, frameId) => ({ frameId, timeMs }));
    const { path } = await written(frames, { geometry: LARGE });
    const stream = await streamOf(path);
    expect(stream.times.map((time) => Math.round(time))).toEqual([0, 40, 40, 40, 80]);
    expect(new Set(stream.times).size).toBe(5);
  });

  test("NTSC rates are exact", async () => {
    const frames = numbered(30).map((frame) => ({ ...frame, timeMs: (frame.frameId * 1001) / 30 }));
    const { path } = await written(frames, { geometry: LARGE, fps: 30_000 / 1001 });
    expect((await streamOf(path)).avg_frame_rate).toBe("30000/1001");
  });

  test("draws boxes into answered frames and none into failed ones", async () => {
    const detections = [{ classId: 1, confidence: 0.9, xyxy: [80, 60, 240, 180] as const }];
    const frames: FakeFrameOptions[] = [
      { frameId: 0, detections },
      { frameId: 1, status: "failed", error: "boom", detections },
    ];
    const { path } = await written(frames, { geometry: LARGE });
    const [answered, failed] = await decodedLuma(path, LARGE);
    const darkest = (values: Uint8Array): number => values.reduce((a, b) => Math.min(a, b));
    const brightest = (values: Uint8Array): number => values.reduce((a, b) => Math.max(a, b));
    const contrast = (values: Uint8Array): number => brightest(values) - darkest(values);
    expect(contrast(answered?.pixels as Uint8Array)).toBeGreaterThan(30);
    expect(contrast(failed?.pixels as Uint8Array)).toBeLessThan(2 * LUMA_ERROR);
  });

  test.each(["nv12", "rgb24", "bgr24"] as const)("encodes %s", async (pixelFormat) => {
    const geometry = { ...LARGE, pixelFormat };
    const { path } = await written(numbered(3, { luma: 128 }), { geometry });
    const luma = await decodedLuma(path, LARGE);
    expect(luma.length).toBe(3);
    // Grey 128 of full-range RGB is 16 + 128 * 219 / 255 = 126 in limited range.
    const expected = pixelFormat === "nv12" ? 128 : 126;
    for (const { mean } of luma) expect(Math.abs(mean - expected)).toBeLessThan(LUMA_ERROR);
  });

  test("pads odd sizes by a pixel and says so", async () => {
    const geometry = { ...GEOMETRY, width: 101, height: 75 };
    const { path, sink } = await written(numbered(3), { geometry });
    expect(await streamOf(path)).toMatchObject({ width: 102, height: 76 });
    expect(sink.notes().join()).toContain("101×75 was padded");
  });

  test("a smaller picture stands at the top left of a black one", async () => {
    const small = { ...LARGE, width: 160, height: 120 };
    const frames: FakeFrameOptions[] = [
      { frameId: 0, luma: 200 },
      { frameId: 1, luma: 200, geometry: small },
    ];
    const { path } = await written(frames, { geometry: LARGE });
    const [large, pasted] = await decodedLuma(path, LARGE);
    expect(Math.abs((large?.mean ?? 0) - 200)).toBeLessThan(LUMA_ERROR);
    // A quarter of the picture is grey 200, the rest black, which is 16.
    expect(Math.abs((pasted?.mean ?? 0) - (200 + 3 * 16) / 4)).toBeLessThan(LUMA_ERROR);
    const at = (x: number, y: number): number => pasted?.pixels[y * 320 + x] ?? -1;
    expect(Math.abs(at(20, 20) - 200)).toBeLessThan(LUMA_ERROR);
    expect(Math.abs(at(300, 20) - 16)).toBeLessThan(LUMA_ERROR);
    expect(Math.abs(at(20, 220) - 16)).toBeLessThan(LUMA_ERROR);
  });

  test("several sources get a file each", async () => {
    const frames = [0, 1, 0, 1, 1].map((sourceIndex, index) => ({
      frameId: index,
      sourceIndex,
      luma: 60 + 100 * sourceIndex,
    }));
    const { path, sink } = await written(frames, { sources: ["a/b", "c"], geometry: LARGE });
    const paths = [path.replace(".mp4", "-a_b.mp4"), path.replace(".mp4", "-c.mp4")];
    expect(sink.outputs()).toEqual(paths);
    const [first, second] = await Promise.all(paths.map((each) => decodedLuma(each, LARGE)));
    expect(first?.map(({ mean }) => Math.round(mean / 10))).toEqual([6, 6]);
    expect(second?.map(({ mean }) => Math.round(mean / 10))).toEqual([16, 16, 16]);
  });

  test("an interrupted run leaves the whole video of what was done", async () => {
    const { path, sink } = await written(numbered(10), { geometry: LARGE }, false);
    expect(sink.outputs()).toEqual([path]);
    expect((await streamOf(path)).times.length).toBe(10);
  });

  test("ffmpeg's death ends the run, names the file and leaves nothing", async () => {
    const at = mkdtempSync(join(folder, "killed-"));
    const path = join(at, "killed.mp4");
    const run = new FakeRun({ geometry: LARGE });
    const sink = new VideoSink({ path });
    await sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    const [pid] = await processesWith(`${path}.`);
    process.kill(pid as number, "SIGKILL");
    for (let frameId = 1; run.failures.length === 0; frameId += 1) {
      await run.show({ frameId }, sink.write.bind(sink));
      await Bun.sleep(0);
    }
    await sink.close(false);
    expect(run.failures[0]).toMatchObject({ code: "annotate-failed", category: "runtime" });
    expect(run.failures[0]?.message).toContain(`"${path}": killed by SIGKILL`);
    expect(run.held.size).toBe(0);
    expect(readdirSync(at)).toEqual([]);
    expect(sink.outputs()).toEqual([]);
  });

  test("an interrupted run does not wait for an ffmpeg that hangs", async () => {
    const path = join(folder, "hung.mp4");
    // 16 pictures of 115 KB are more than the pipe holds.
    const run = new FakeRun({ geometry: LARGE, slotCount: 16 });
    const sink = new VideoSink({ path, graceMs: 200 });
    await sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    const [pid] = await processesWith(`${path}.`);
    process.kill(pid as number, "SIGSTOP");
    for (let frameId = 1; frameId < 16; frameId += 1) {
      await run.show({ frameId }, sink.write.bind(sink));
    }
    await sink.close(false).catch(() => {});
    expect(run.held.size).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith("hung.mp4"))).toEqual([]);
  });

  test("a file ffmpeg cannot write ends the run with ffmpeg's reason", async () => {
    const path = join(folder, "no-such-folder", "a.mp4");
    const run = new FakeRun({ geometry: LARGE });
    const sink = new VideoSink({ path });
    await sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    await sink.close(true).catch(() => {});
    expect(run.failures[0]?.message).toContain("No such file or directory");
    expect(run.held.size).toBe(0);
  });

  test("a worker that breaks off ends the run, gives slots back and leaves no ffmpeg", async () => {
    const path = join(folder, "broken.mp4");
    const run = new FakeRun({ geometry: LARGE });
    const sink = new VideoSink({ path });
    // Labels of the wrong kind are what makes the worker throw.
    await sink.open({ ...run.context, labels: null as never });
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    expect(await processesWith(`${path}.`)).toHaveLength(1);
    await sink.close(true).catch(() => {});
    expect(run.failures[0]).toMatchObject({ code: "annotate-failed" });
    expect(run.held.size).toBe(0);
    expect(await processesWith(`${path}.`)).toEqual([]);
  });

  test("an older file of the name stays until the new one is whole", async () => {
    const path = join(folder, "older.mp4");
    writeFileSync(path, "older");
    const run = new FakeRun({ geometry: LARGE });
    const sink = new VideoSink({ path });
    await sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    expect(await Bun.file(path).text()).toBe("older");
    await sink.close(true);
    expect((await streamOf(path)).times).toEqual([0]);
  });

  test("two runs to one file do not mix: each writes its own, the later one stays", async () => {
    const path = join(folder, "twice.mp4");
    const writing = (count: number): Writing => ({
      run: new FakeRun({ geometry: LARGE }),
      sink: new VideoSink({ path }),
      frames: numbered(count),
    });
    const [first, second] = [writing(3), writing(7)];
    for (const { run, sink } of [first, second]) await sink.open(run.context);
    for (const { run, sink, frames } of [first, second]) {
      for (const frame of frames) await run.show(frame, sink.write.bind(sink));
    }
    await first.sink.close(true);
    expect((await streamOf(path)).times.length).toBe(3);
    await second.sink.close(true);
    expect((await streamOf(path)).times.length).toBe(7);
    expect([...first.run.failures, ...second.run.failures]).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith("twice"))).toEqual(["twice.mp4"]);
  });

  test("a pixel format that changes ends the run", async () => {
    const run = new FakeRun({ geometry: { ...LARGE, pixelFormat: "rgb24" } });
    const sink = new VideoSink({ path: join(folder, "changed.mp4") });
    await sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    await run.show({ frameId: 1, geometry: LARGE }, sink.write.bind(sink));
    await sink.close(true).catch(() => {});
    expect(run.failures[0]?.message).toContain("changed from rgb24 to yuv420p");
  });
});

test("VideoSink refuses a name that is no MP4 file's", () => {
  const make = (): VideoSink => new VideoSink({ path: "out.avi" });
  expect(make).toThrow('the annotated video "out.avi": its name must end in .mp4 (or .mov)');
});

/** Processes that have `argument` on their command line. */
async function processesWith(argument: string): Promise<number[]> {
  const listing = await new Response(Bun.spawn(["ps", "-axo", "pid=,args="]).stdout).text();
  const lines = listing.split("\n").filter((line) => line.includes(argument));
  return lines.map((line) => Number.parseInt(line, 10));
}
