import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { readNdjson } from "../../src/sink/ndjson-reader.ts";
import type { Source } from "../../src/source/source.ts";
import type { Frame } from "../../src/types.ts";
import { ids, pattern } from "./pattern.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-resume-run-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A first run of 5 frames, then one of `second` that goes on after it. */
async function twice(name: string, second: Source, frames?: number): Promise<Frame[]> {
  const output = join(folder, `${name}.ndjson`);
  const devices = "sim:0ms";
  await new Pipeline({ sources: [pattern(5, "a")], devices, output }).run();
  const limit = frames === undefined ? {} : { frames };
  await new Pipeline({ sources: [second], devices, output, resume: true, ...limit }).run();
  const read: Frame[] = [];
  for await (const frame of readNdjson(output)) read.push(frame);
  return read;
}

describe("A resumed run", () => {
  test("passes over a file's frames that are there, and goes on with the next", async () => {
    const frames = await twice("file", pattern(12, "a"));
    expect(frames.map(({ frame }) => frame)).toEqual(ids(12));
    // 25 frames a second: every 40 ms, whichever run delivered them.
    expect(frames.map(({ timeMs }) => timeMs)).toEqual(ids(12).map((frame) => frame * 40));
  });

  test("takes every frame of a camera, numbered on, its clock never running backwards", async () => {
    const frames = await twice("camera", { ...pattern(12, "a"), live: true });
    expect(frames.map(({ frame }) => frame)).toEqual(ids(5 + 12));
    const times = frames.map(({ timeMs }) => timeMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[5]).toBeGreaterThanOrEqual(4 * 40);
  });

  test("counts the earlier frames among those that --frames asks for", async () => {
    const frames = await twice("limit", pattern(100, "a"), 8);
    expect(frames.map(({ frame }) => frame)).toEqual(ids(8));
  });

  test("has nothing to do where all is there", async () => {
    const frames = await twice("whole", pattern(5, "a"));
    expect(frames.map(({ frame }) => frame)).toEqual(ids(5));
  });

  test("refuses results of another source", async () => {
    expect(twice("other", pattern(5, "b"))).rejects.toThrow(
      'it holds results of "a", and this run\'s sources are "b"',
    );
  });
});

describe("Pipeline's firstFrame", () => {
  test("passes over the frames before it; numbers, times and the limit stay those of the source", async () => {
    const read: Frame[] = [];
    const options = { sources: [pattern(12, "a")], devices: "sim:0ms", firstFrame: 7, frames: 10 };
    await using pipeline = new Pipeline(options);
    for await (const frame of pipeline) read.push(frame);
    expect(read.map(({ frame, timeMs }) => [frame, timeMs])).toEqual([
      [7, 280],
      [8, 320],
      [9, 360],
    ]);
    expect(pipeline.report().sources[0]?.frames.received).toBe(3);
  });
});
