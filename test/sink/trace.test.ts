import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ResultDescriptor, SlotHeader } from "../../src/layout/layout.gen.ts";
import { clockMs } from "../../src/native/library.ts";
import { TraceSink } from "../../src/sink/trace.ts";
import { testSinkContract } from "./contract.ts";
import { FakeRun } from "./fake-run.ts";
import { TraceFile } from "./trace-file.ts";

testSinkContract("TraceSink", (folder) => new TraceSink({ path: join(folder, "trace.json") }));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-trace-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Times of an answer as a worker writes them, in ms. */
interface Answer {
  readonly receivedMs: number;
  readonly decodeMs: number;
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly stagesMs: readonly [preprocess: number, inference: number, postprocess: number];
}

/** Fills slot and result block `index`, as ingest and inference workers do. */
function fill(run: FakeRun, index: number, answer: Answer): void {
  const { arena } = run.context;
  const slot = new DataView(arena, run.context.slotOffsetBytes(index));
  slot.setUint32(SlotHeader.frameId, index, true);
  slot.setFloat64(SlotHeader.receivedMs, answer.receivedMs, true);
  slot.setFloat32(SlotHeader.decodeMs, answer.decodeMs, true);
  const result = new DataView(arena, run.context.resultOffsetBytes(index));
  result.setFloat64(ResultDescriptor.startedMs, answer.startedMs, true);
  result.setFloat64(ResultDescriptor.finishedMs, answer.finishedMs, true);
  result.setFloat32(ResultDescriptor.preprocessMs, answer.stagesMs[0], true);
  result.setFloat32(ResultDescriptor.inferenceMs, answer.stagesMs[1], true);
  result.setFloat32(ResultDescriptor.postprocessMs, answer.stagesMs[2], true);
}

describe("TraceSink", () => {
  test("a device that was lost at a frame was not at it before it came", async () => {
    const path = join(folder, "lost.json");
    const run = new FakeRun();
    const sink = new TraceSink({ path });
    sink.open(run.context);
    const t = clockMs() + 100;
    const stagesMs = [0, 0, 0] as const;
    fill(run, 0, { receivedMs: t, decodeMs: 2, startedMs: 0, finishedMs: 0, stagesMs });
    sink.recorder.arrived(0);
    // The manager read its clock ten milliseconds before the frame was in its slot.
    sink.recorder.unanswered(0, 1, t - 10, "was killed");
    sink.recorder.leaving();
    await sink.close(true);
    // Flows are checked as the file is read: each starts before its steps.
    const { events } = TraceFile.read(path);
    const [start, step] = ["s", "t"].map((phase) => events.find(({ ph }) => ph === phase));
    expect((step?.ts ?? 0) - (start?.ts ?? 0)).toBeCloseTo(2000, 0);
  });

  test("lays a frame's stages out at the times that its slot and its result block tell", async () => {
    const path = join(folder, "frame.json");
    const run = new FakeRun();
    const sink = new TraceSink({ path });
    sink.open(run.context);
    const t = clockMs() + 100;
    fill(run, 0, {
      receivedMs: t + 2,
      decodeMs: 2,
      startedMs: t + 5,
      finishedMs: t + 15,
      stagesMs: [1, 7, 0.5],
    });
    sink.recorder.arrived(0);
    sink.recorder.given(0, 1, { place: 3, waiting: 4, nowMs: t + 4 });
    sink.recorder.answered(0, 0, 1);
    await sink.close(true);
    const trace = TraceFile.read(path);
    const [decode] = trace.named("decode");
    const beginUs = decode?.ts as number;
    const rows = trace.events
      .filter(({ ph }) => ph === "X" || ph === "i")
      .map((event) => [
        trace.threadOf(event),
        event.name,
        Math.round(event.ts - beginUs),
        Math.round(event.dur ?? 0),
      ]);
    expect(rows).toEqual([
      ["ingest car", "decode", 0, 2000],
      ["manager", "give gpu-0", 4000, 0],
      ["worker gpu-0", "answer", 5000, 10_000],
      ["worker gpu-0", "pre-process", 5000, 1000],
      ["worker gpu-0", "inference", 6000, 7000],
      ["worker gpu-0", "post-process", 13_000, 500],
      ["slot 0", "queue", 2000, 3000],
      ["slot 0", "gpu-0", 5000, 10_000],
    ]);
    expect(trace.named("give gpu-0")[0]?.args).toEqual({
      source: "car",
      frame: 0,
      place: 3,
      waiting: 4,
    });
  });

  test("answers that overlap, as those of a batch do, stand in rows of their own", async () => {
    const path = join(folder, "batch.json");
    const run = new FakeRun();
    const sink = new TraceSink({ path });
    sink.open(run.context);
    const t = clockMs() + 100;
    const batch = { receivedMs: t, decodeMs: 0, startedMs: t + 5, finishedMs: t + 15 };
    for (let slot = 0; slot < 3; slot += 1) {
      fill(run, slot, { ...batch, stagesMs: [1, 8, 1] });
      sink.recorder.arrived(slot);
      sink.recorder.answered(slot, slot, 0);
    }
    fill(run, 3, { ...batch, startedMs: t + 15, finishedMs: t + 20, stagesMs: [1, 3, 1] });
    sink.recorder.arrived(3);
    sink.recorder.answered(3, 3, 0);
    await sink.close(true);
    const trace = TraceFile.read(path);
    expect(trace.named("answer").map((event) => trace.threadOf(event))).toEqual([
      "worker cpu-0",
      "worker cpu-0, 2",
      "worker cpu-0, 3",
      "worker cpu-0",
    ]);
    expect(trace.named("inference").length).toBe(4);
  });

  test("a device that leaves frames to others is noted once until it takes one", async () => {
    const path = join(folder, "defer.json");
    const run = new FakeRun();
    const sink = new TraceSink({ path });
    sink.open(run.context);
    const now = { place: 0, waiting: 2, nowMs: clockMs() };
    sink.recorder.deferred(1, now);
    sink.recorder.deferred(1, now);
    sink.recorder.given(0, 1, now);
    sink.recorder.deferred(1, now);
    await sink.close(true);
    expect(TraceFile.read(path).named("defer gpu-0").length).toBe(2);
  });

  test("more than a batch of frames are all there, and names may hold anything", async () => {
    const path = join(folder, "many.json");
    const run = new FakeRun({ sources: ['a "b" \\ c\n'] });
    const sink = new TraceSink({ path });
    sink.open(run.context);
    const write = sink.write.bind(sink);
    for (let frameId = 0; frameId < 5000; frameId += 1) {
      await run.show({ frameId, status: "dropped", error: 'no "slot"' }, write);
    }
    await sink.close(true);
    const trace = TraceFile.read(path);
    const emitted = trace.named("emit");
    expect(emitted.map(({ args }) => args["frame"])).toEqual([...Array(5000).keys()]);
    expect(emitted[0]?.args["source"]).toBe('a "b" \\ c\n');
    expect(trace.named("dropped").at(-1)?.args["error"]).toBe('no "slot"');
  });

  test("what is there before close() lacks only the last bracket", async () => {
    const path = join(folder, "cut.json");
    const run = new FakeRun();
    const sink = new TraceSink({ path });
    sink.open(run.context);
    await run.show({ frameId: 0, status: "dropped" }, sink.write.bind(sink));
    let text = "";
    while (!text.includes('"emit"')) {
      await Bun.sleep(50);
      text = readFileSync(path, "utf8");
    }
    expect(new TraceFile(`${text}]`).named("emit").length).toBe(1);
    await sink.close(false);
    expect(TraceFile.read(path).named("emit").length).toBe(1);
  });

  test("open() refuses a folder that is missing", () => {
    const path = join(folder, "missing", "t.json");
    const sink = new TraceSink({ path });
    expect(() => sink.open(new FakeRun().context)).toThrow(
      `Cannot write "${path}": no such file or directory`,
    );
    expect(sink.outputs()).toEqual([]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full device ends the run and names it", async () => {
    const run = new FakeRun();
    const sink = new TraceSink({ path: "/dev/full" });
    sink.open(run.context);
    for (let frameId = 0; frameId < 3000; frameId += 1) {
      await run.show({ frameId, status: "dropped" }, sink.write.bind(sink));
    }
    await sink.close(false);
    expect(run.failures.map(({ message }) => message)).toEqual([
      'Cannot write "/dev/full": no space left on device',
    ]);
    expect(sink.outputs()).toEqual([]);
  });
});
