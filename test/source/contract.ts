import { describe, expect, test } from "bun:test";
import { planeLayout } from "../../src/layout/planes.ts";
import type { IngestSegment, Source } from "../../src/source/source.ts";
import { readSegment } from "./segment-reader.ts";

/** Frames of a live source that are looked at. */
const LIVE_FRAMES = 5;

/** What every source must do, whatever its frames are from. */
export function testSourceContract(name: string, makeSource: () => Promise<Source>): void {
  describe(`${name} as a source`, () => {
    test("knows name, size and kind before anything is started", async () => {
      const source = await makeSource();
      expect(decoderCount()).toBe(0);
      expect(source.name).not.toBe("");
      expect(source.spec).not.toMatch(/\/\/[^/]*@/);
      const { geometry, fps, frameCount, description } = source.info;
      expect(description).not.toBe("");
      expect(planeLayout(geometry).sizeBytes).toBeGreaterThan(0);
      if (fps !== undefined) expect(fps).toBeGreaterThan(0);
      if (frameCount !== undefined) expect(frameCount).toBeGreaterThan(0);
      if (source.live) expect(frameCount).toBeUndefined();
      expect(source.notes()).toEqual([]);
      await source.close();
    });

    test("delivers whole frames that fit its slots, in the order of their times", async () => {
      const source = await makeSource();
      let frames = 0;
      let lastMs = 0;
      for (let segment = await source.open(); segment !== null; segment = await source.open()) {
        expect(planeLayout(segment.geometry).sizeBytes).toBeLessThanOrEqual(
          planeLayout(source.info.geometry).sizeBytes,
        );
        const read = await readAny(segment, source.live);
        for (const timeMs of read.timesMs) {
          expect(timeMs).toBeGreaterThanOrEqual(lastMs);
          lastMs = timeMs;
          if (source.fileAt !== undefined) expect(source.fileAt(timeMs)).toBeString();
        }
        frames += read.frames;
        expect(await source.finish(read)).toBeNull();
        // One that is live has no end of its own.
        if (source.live) await source.close();
      }
      const { frameCount } = source.info;
      if (frameCount === undefined) expect(frames).toBeGreaterThan(0);
      else expect(frames).toBe(frameCount);
      expect(await source.open()).toBeNull();
      await source.close();
    });

    test("closed before it was opened it stays shut", async () => {
      const source = await makeSource();
      await source.close();
      expect(await source.open()).toBeNull();
      await source.close();
    });

    test("closed in the middle, twice, it leaves no process and is no error", async () => {
      const source = await makeSource();
      const segment = await source.open();
      await Promise.all([source.close(), source.close()]);
      expect(decoderCount()).toBe(0);
      expect(await source.open()).toBeNull();
      const read = await readAny(segment as IngestSegment, source.live);
      expect(await source.finish(read)).toBeNull();
    });
  });
}

interface ReadAny {
  readonly frames: number;
  readonly partialBytes: number;
  readonly timesMs: readonly number[];
}

/** What an ingest worker would have read; scenes that it draws itself count as drawn. */
async function readAny(segment: IngestSegment, isLive: boolean): Promise<ReadAny> {
  if (segment.kind === "pipe") return await readSegment(segment, isLive ? LIVE_FRAMES : undefined);
  const { frameCount, fps } = segment;
  expect(fps).toBeGreaterThan(0);
  return { frames: frameCount ?? 0, partialBytes: 0, timesMs: [] };
}

/** Decoders this process has started and that still run; by what they write, cameras aside. */
function decoderCount(): number {
  const pattern = ["-f", "--", "-f rawvideo pipe:1"];
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid), ...pattern]);
  return stdout.toString().split("\n").filter(Boolean).length;
}
