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
