import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AipError } from "../../src/errors.ts";
import { NdjsonSink } from "../../src/sink/ndjson.ts";
import { parseNdjsonLine, readNdjson } from "../../src/sink/ndjson-reader.ts";
import type { Frame } from "../../src/types.ts";
import { testSinkContract } from "./contract.ts";
import { type FakeFrameOptions, FakeRun, type FakeRunOptions } from "./fake-run.ts";

testSinkContract("NdjsonSink", (folder) => new NdjsonSink({ path: join(folder, "o.ndjson") }));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-ndjson-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let fileCount = 0;

/** Writes the frames to a file and returns its text. */
async function written(
  frames: readonly FakeFrameOptions[],
  options: FakeRunOptions & { payload?: boolean } = {},
): Promise<{ text: string; path: string }> {
  fileCount += 1;
  const path = join(folder, `${fileCount}.ndjson`);
  const run = new FakeRun(options);
  const sink = new NdjsonSink({ path, payload: options.payload ?? true });
  sink.open(run.context);
  for (const frame of frames) await run.show(frame, sink.write.bind(sink));
  await sink.close(true);
  return { text: readFileSync(path, "utf8"), path };
}

describe("NdjsonSink lines", () => {
  test("an answered frame reads as the format's example does", async () => {
    const frame: FakeFrameOptions = {
      frameId: 12,
      timeMs: 960,
      latencyMs: 9.1,
      detections: [{ classId: 1, confidence: 0.87, xyxy: [1.5, 2.256, 30, 40.1] }],
    };
    const { text } = await written([frame]);
    expect(text).toBe(
      '{"source":"car","frame":12,"time_ms":960,"width":64,"height":48,"status":"ok",' +
        '"answer":"inferred","device":"cpu-0","latency_ms":9.1,"detections":[' +
        '{"class_id":1,"label":"car","confidence":0.87,"xyxy":[1.5,2.26,30,40.1]}]}\n',
    );
  });

  test("numbers are rounded: coordinates to 2 decimals, confidences to 4, times to 3", async () => {
    const detection = {
      classId: 0,
      confidence: 0.123456,
      xyxy: [0.004, 0.006, 9.999, 10],
    } as const;
    const { text } = await written([
      { frameId: 0, timeMs: 33.366_666, latencyMs: 1.000_49, detections: [detection] },
    ]);
    expect(text).toContain('"time_ms":33.367');
    expect(text).toContain('"latency_ms":1,');
    expect(text).toContain('"confidence":0.1235,"xyxy":[0,0.01,10,10]');
  });

  test("dropped and failed frames have a status, a reason and no detections", async () => {
    const { text } = await written([
      { frameId: 0, timeMs: 0, status: "dropped" },
      { frameId: 1, timeMs: 40, status: "failed", error: 'two attempts: "boom"' },
    ]);
    const head = (frame: number, time: number): string =>
      `{"source":"car","frame":${frame},"time_ms":${time},"width":64,"height":48,`;
    expect(text.split("\n")).toEqual([
      `${head(0, 0)}"status":"dropped","detections":[]}`,
      `${head(1, 40)}"status":"failed","error":"two attempts: \\"boom\\"","detections":[]}`,
      "",
    ]);
  });

  test("a frame that is a file names it, escaped", async () => {
    const fileAt = (timeMs: number): string | undefined =>
      ["a/1.jpg", undefined, 'a/"3".jpg'][timeMs / 40];
    const { text } = await written(
      [{ frameId: 0 }, { frameId: 1, status: "dropped" }, { frameId: 2, status: "failed" }],
      { fileAt },
    );
    const lines = text.trim().split("\n");
    expect(lines[0]).toStartWith('{"source":"car","frame":0,"file":"a/1.jpg","time_ms":0,');
    expect(lines[1]).toStartWith('{"source":"car","frame":1,"time_ms":40,');
    expect(JSON.parse(lines[2] ?? "")).toMatchObject({ frame: 2, file: 'a/"3".jpg' });
  });

  test("a cascade's frame says whether it shows the object, and how certain that is", async () => {
    const early = { answer: "specialized", deviceIndex: -1 } as const;
    const { text } = await written([
      { frameId: 0, present: true, score: 0.912_34 },
      { frameId: 1, ...early, present: false, score: 0 },
      { frameId: 2, status: "dropped" },
    ]);
    const [inferred = "", specialized = "", dropped = ""] = text.split("\n");
    expect(inferred).toContain(
      '"answer":"inferred","present":true,"score":0.9123,"device":"cpu-0"',
    );
    expect(specialized).toContain('"answer":"specialized","present":false,"score":0,"latency_ms"');
    expect(dropped).not.toContain("present");
    expect(parseNdjsonLine(inferred)).toMatchObject({ present: true, score: 0.9123 });
    expect(parseNdjsonLine(specialized)).toMatchObject({ answer: "specialized", present: false });
  });

  test("a frame answered by no device has none", async () => {
    const { text } = await written([{ frameId: 0, answer: "reused", deviceIndex: -1 }]);
    expect(text).toContain('"answer":"reused","latency_ms":0');
    expect(text).not.toContain("device");
  });

  test("names and labels are escaped, classes without a name numbered", async () => {
    const box = (classId: number) => ({ classId, xyxy: [0, 0, 1, 1] as const });
    const { text } = await written([{ frameId: 0, detections: [box(0), box(7), box(7)] }], {
      sources: ['a "b"\n'],
      labels: ["日本\\"],
    });
    const line = JSON.parse(text);
    expect(line.source).toBe('a "b"\n');
    expect(line.detections.map(({ label }: { label: string }) => label)).toEqual([
      "日本\\",
      "class 7",
      "class 7",
    ]);
  });

  test("a track stands beside its detection, and only where there is one", async () => {
    const { text } = await written([
      {
        frameId: 0,
        detections: [
          { classId: 0, xyxy: [0, 0, 1, 1], trackId: 0 },
          { classId: 0, xyxy: [0, 0, 1, 1] },
        ],
      },
    ]);
    const [first, second] = JSON.parse(text).detections;
    expect(first.track_id).toBe(0);
    expect(second).not.toHaveProperty("track_id");
  });

  test("a number that JSON cannot say becomes null", async () => {
    const box = { classId: 0, confidence: Number.NaN, xyxy: [0, Infinity, 1, 1] } as const;
    const { text } = await written([{ frameId: 0, detections: [box] }]);
    expect(JSON.parse(text).detections[0]).toMatchObject({
      confidence: null,
      xyxy: [0, null, 1, 1],
    });
  });

  test("a payload is base64 of its little-endian bytes, and can be left out", async () => {
    // 1.0 and -2.0 in IEEE 754 single precision.
    const data = Uint8Array.from([0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0]);
    const frame: FakeFrameOptions = { frameId: 0, payload: { dtype: "f32", shape: [1, 2], data } };
    const { text } = await written([frame]);
    expect(JSON.parse(text).payload).toEqual({ dtype: "f32", shape: [1, 2], data: "AACAPwAAAMA=" });
    expect((await written([frame], { payload: false })).text).not.toContain("payload");
  });
});

describe("readNdjson()", () => {
  test("gives back what was written", async () => {
    const data = Uint8Array.from([1, 2, 3]);
    const { path } = await written([
      {
        frameId: 0,
        latencyMs: 2.5,
        detections: [{ classId: 1, confidence: 0.75, xyxy: [1, 2, 3, 4], trackId: 9 }],
        payload: { dtype: "u8", shape: [3], data },
      },
      { frameId: 1, status: "failed", error: "boom" },
    ]);
    const frames: Frame[] = [];
    for await (const frame of readNdjson(path)) frames.push(frame);
    const size = { source: "car", width: 64, height: 48 };
    const detection = { classId: 1, label: "car", confidence: 0.75, trackId: 9 };
    expect(frames).toEqual([
      {
        ...size,
        frame: 0,
        timeMs: 0,
        status: "ok",
        answer: "inferred",
        device: "cpu-0",
        latencyMs: 2.5,
        detections: [{ ...detection, xyxy: [1, 2, 3, 4] }],
        payload: { dtype: "u8", shape: [3], data },
      },
      { ...size, frame: 1, timeMs: 40, status: "failed", error: "boom", detections: [] },
    ]);
  });

  const failing = async (path: string): Promise<AipError> => {
    try {
      for await (const _ of readNdjson(path));
    } catch (error) {
      return error as AipError;
    }
    throw new Error("nothing was thrown");
  };

  test("names the line that is not JSON", async () => {
    const path = join(folder, "broken.ndjson");
    await Bun.write(path, '{"source":"a","frame":0,"status":"ok","detections":[]}\n\n{"sou\n');
    const error = await failing(path);
    expect(error.code).toBe("results-malformed");
    expect(error.message).toBe(`Cannot read results: line 3 of "${path}" is not JSON`);
  });

  test("names the line that is no result", async () => {
    const path = join(folder, "other.ndjson");
    await Bun.write(path, "null\n");
    expect((await failing(path)).message).toContain("source, frame, status and detections");
  });

  test("says that a file is missing", async () => {
    const path = join(folder, "missing.ndjson");
    const error = await failing(path);
    expect(error.code).toBe("results-unreadable");
    expect(error.message).toBe(`Cannot read "${path}": no such file or directory`);
  });
});

describe("NdjsonSink files", () => {
  test("10,000 frames arrive whole and in order through the 64 KiB buffer", async () => {
    const detections = Array.from({ length: 20 }, (_, index) => ({
      classId: index % 3,
      confidence: 0.5,
      xyxy: [index, 1, index + 0.25, 2] as const,
    }));
    const frames = Array.from({ length: 10_000 }, (_, frameId) => ({ frameId, detections }));
    const { text } = await written(frames);
    const lines = text.split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line).frame)).toEqual(frames.map((f) => f.frameId));
    expect(new Set(lines.map((line) => JSON.stringify(JSON.parse(line).detections))).size).toBe(1);
  });

  test("a line larger than the buffer arrives whole, between its neighbours", async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      classId: index,
      xyxy: [1 / 3, index + 0.11, 1234.56, 7890.12] as const,
    }));
    const labels = Array.from({ length: 300 }, (_, index) => `${"é".repeat(200)}${index}`);
    const frames = [{ frameId: 0 }, { frameId: 1, detections: many }, { frameId: 2 }];
    const { text } = await written(frames, { labels });
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ frame }) => frame)).toEqual([0, 1, 2]);
    expect(lines[1].detections.map(({ label }: { label: string }) => label)).toEqual(labels);
  });

  test("append goes on behind what the file holds; without it the file is replaced", async () => {
    const path = join(folder, "append.ndjson");
    const frameIds = [];
    for (const [append, frameId] of [
      [false, 5],
      [false, 0],
      [true, 1],
    ] as const) {
      const run = new FakeRun();
      const sink = new NdjsonSink({ path, append });
      sink.open(run.context);
      await run.show({ frameId }, sink.write.bind(sink));
      await sink.close(true);
    }
    for await (const { frame } of readNdjson(path)) frameIds.push(frame);
    expect(frameIds).toEqual([0, 1]);
  });

  test("an output that cannot be opened is refused in one sentence", () => {
    const path = join(folder, "no-such-folder", "o.ndjson");
    const open = (): void => new NdjsonSink({ path }).open(new FakeRun().context);
    expect(open).toThrow(`Cannot write "${path}": no such file or directory`);
    expect(new NdjsonSink({ path }).outputs()).toEqual([]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full device ends the run and names it", async () => {
    const run = new FakeRun();
    const sink = new NdjsonSink({ path: "/dev/full" });
    sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    await sink.close(true).catch(() => {});
    expect(run.failures).toHaveLength(1);
    expect(run.failures[0]).toMatchObject({
      code: "output-failed",
      category: "runtime",
      message: 'Cannot write "/dev/full": no space left on device',
    });
    expect(sink.outputs()).toEqual([]);
  });
});
