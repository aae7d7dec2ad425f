import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sink } from "../../src/sink/sink.ts";
import { FakeRun } from "./fake-run.ts";

/** Makes a sink that writes into `folder`, if it writes files at all. */
export type MakeSink = (folder: string) => Sink;

/** What every sink must do, whatever it writes. */
export function testSinkContract(name: string, makeSink: MakeSink): void {
  const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), "aip-sink-"));
    try {
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const writeSome = async (run: FakeRun, sink: Sink): Promise<void> => {
    const box = { classId: 1, confidence: 0.5, xyxy: [4, 4, 20, 20] } as const;
    const write = sink.write.bind(sink);
    for (let frameId = 0; frameId < 20; frameId += 1) {
      if (frameId % 7 === 3) {
        await run.show({ frameId, status: "dropped", error: "late" }, write);
      } else if (frameId % 7 === 5) {
        await run.show({ frameId, status: "failed", error: "no answer" }, write);
      } else {
        await run.show({ frameId, detections: [box] }, write);
      }
    }
  };

  describe(`${name} as a sink`, () => {
    test("has a name", () =>
      inFolder(async (folder) => {
        expect(makeSink(folder).name).toMatch(/^[a-z]/);
      }));

    test("takes answered, dropped and failed frames and gives back every slot it held", () =>
      inFolder(async (folder) => {
        const run = new FakeRun({ slotCount: 3 });
        const sink = makeSink(folder);
        await sink.open(run.context);
        await writeSome(run, sink);
        await sink.close(true);
        expect(run.held.size).toBe(0);
        expect(run.failures).toEqual([]);
      }));

    test("outputs() names files that are there after close(true)", () =>
      inFolder(async (folder) => {
        const run = new FakeRun();
        const sink = makeSink(folder);
        await sink.open(run.context);
        await writeSome(run, sink);
        await sink.close(true);
        for (const path of sink.outputs()) expect(existsSync(path)).toBe(true);
        expect(readdirSync(folder).length).toBe(sink.outputs().length);
      }));

    test("close(false) gives back every slot and leaves no file it does not name", () =>
      inFolder(async (folder) => {
        const run = new FakeRun();
        const sink = makeSink(folder);
        await sink.open(run.context);
        await writeSome(run, sink);
        await sink.close(false);
        expect(run.held.size).toBe(0);
        expect(readdirSync(folder).length).toBe(sink.outputs().length);
      }));

    test("a run without frames ends well", () =>
      inFolder(async (folder) => {
        const run = new FakeRun();
        const sink = makeSink(folder);
        await sink.open(run.context);
        await sink.close(true);
        expect(run.failures).toEqual([]);
        for (const path of sink.outputs()) expect(existsSync(path)).toBe(true);
      }));

    test("may be closed twice", () =>
      inFolder(async (folder) => {
        const run = new FakeRun();
        const sink = makeSink(folder);
        await sink.open(run.context);
        await writeSome(run, sink);
        await sink.close(true);
        await sink.close(true);
        expect(run.held.size).toBe(0);
      }));

    test("may be closed without having been opened", () =>
      inFolder(async (folder) => {
        await makeSink(folder).close(false);
        expect(readdirSync(folder)).toEqual([]);
      }));
  });
}
