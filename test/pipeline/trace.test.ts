import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../src/metrics/report.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { readNdjson } from "../../src/sink/ndjson-reader.ts";
import type { Frame } from "../../src/types.ts";
import { TraceFile } from "../sink/trace-file.ts";
import { pattern } from "./pattern.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-traced-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Traced {
  readonly trace: TraceFile;
  readonly frames: readonly Frame[];
  readonly report: Report;
}

let runs = 0;

/** Runs a pipeline with results and timeline; both are read back, the timeline checked. */
async function traced(options: PipelineOptions): Promise<Traced> {
  runs += 1;
  const output = join(folder, `${runs}.ndjson`);
  const path = join(folder, `${runs}.json`);
  const report = await new Pipeline({ ...options, output, trace: path }).run();
  expect(report.outputs).toContain(path);
  return { trace: TraceFile.read(path), frames: await Array.fromAsync(readNdjson(output)), report };
}

/** What a timeline says of the frames that left, in the order they did. */
const emittedOf = (trace: TraceFile): unknown[] =>
  trace.named("emit").map(({ args }) => [args["source"], args["frame"], args["status"]]);

const wroteOf = (frames: readonly Frame[]): unknown[] =>
  frames.map(({ source, frame, status }) => [source, frame, status]);

describe("A pipeline with a timeline", () => {
  test("has every stage of every frame once, as results and report tell it", async () => {
    const { trace, frames, report } = await traced({
      sources: [pattern(60), pattern(40, "other")],
      devices: "sim:2ms,sim:5ms",
      slots: 6,
    });
    expect(emittedOf(trace)).toEqual(wroteOf(frames));
    const emitted = trace.named("emit");
    for (const [index, { args }] of emitted.entries()) {
      expect(args["device"]).toBe(frames[index]?.device as string);
      expect(args["latency_ms"]).toBe(frames[index]?.latencyMs as number);
    }
    for (const [name, count] of [
      ["decode", 100],
      ["answer", 100],
      ["queue", 100],
      ["reorder", 100],
    ] as const) {
      expect(trace.named(name).length).toBe(count);
    }
    for (const { id, frames: count } of report.devices) {
      const answers = trace.named("answer").filter((at) => trace.threadOf(at) === `worker ${id}`);
      expect(answers.length).toBe(count);
      expect(trace.named(`give ${id}`).length).toBe(count);
    }
    const counts = trace.events.filter(({ ph }) => ph === "C").map(({ args }) => args["slots"]);
    expect(Math.max(...counts.map(Number))).toBeLessThanOrEqual(6);
    expect(counts.at(-1)).toBe(0);
  });

  test("waits in a slot add up to the frame's latency", async () => {
    const { trace } = await traced({
      sources: [pattern(50)],
      devices: "sim:3ms,sim:9ms",
      slots: 8,
    });
    const inSlots = new Map<unknown, number>();
    for (const event of trace.events) {
      if (event.ph !== "X" || event.cat !== "slot") continue;
      const frame = event.args["frame"];
      inSlots.set(frame, (inSlots.get(frame) ?? 0) + (event.dur as number) / 1000);
    }
    for (const { args } of trace.named("emit")) {
      // The latency ends when the pipeline's turn begins, the wait when the frame's own turn comes.
      const waited = inSlots.get(args["frame"]) as number;
      expect(waited).toBeGreaterThan((args["latency_ms"] as number) - 0.01);
    }
  });

  test("tells of attempts that failed, lost devices, restarts and frames given up", async () => {
    const { trace, frames, report } = await traced({
      sources: [pattern(400)],
      devices: "sim:1ms:fail=0.2,sim:2ms:die-at=20",
      schedule: "pull",
      slots: 8,
    });
    expect(emittedOf(trace)).toEqual(wroteOf(frames));
    expect(trace.named("failed").length).toBe(report.frames.failed);
    expect(trace.named("restart").length).toBe(report.faults.restarts);
    expect(report.faults.restarts).toBeGreaterThan(0);
    // Each attempt that failed was followed by another one, or by giving the frame up.
    const failedAnswers = trace.named("failed answer");
    expect(failedAnswers.length).toBe(report.faults.retries + report.frames.failed);
    expect(failedAnswers.some(({ args }) => String(args["error"]).includes("died"))).toBe(true);
    expect(trace.named("note").map(({ args }) => args["detail"])).toEqual([...report.notes]);
  });

  test.each(["oldest", "newest"] as const)("tells of every frame dropped, %s", async (drop) => {
    const { trace, frames, report } = await traced({
      sources: [pattern(200)],
      fps: 1000,
      devices: "sim:10ms",
      drop,
      slots: 3,
    });
    expect(report.frames.dropped).toBeGreaterThan(0);
    expect(emittedOf(trace)).toEqual(wroteOf(frames));
    expect(trace.named("dropped").length).toBe(report.frames.dropped);
    expect(trace.named("answer").length).toBe(report.frames.emitted);
    // Every frame that was read into a slot waited there, those that gave way too.
    const waits = trace.named("queue");
    const gaveWay = waits.filter(({ args }) => args["gave_way"] === 1).length;
    expect(waits.length).toBe(trace.named("decode").length);
    expect(gaveWay).toBe(waits.length - report.frames.emitted);
  });

  test("is whole when the run is stopped, or fails", async () => {
    const path = join(folder, "stopped.json");
    const pipeline = new Pipeline({
      sources: [pattern(100_000)],
      devices: "sim:1ms",
      trace: path,
    });
    pipeline.events.once("started", () => setTimeout(() => pipeline.stop(), 200));
    const report = await pipeline.run();
    expect(TraceFile.read(path).named("emit").length).toBe(report.frames.emitted);

    const failing = join(folder, "failing.json");
    const failed = await new Pipeline({
      sources: [pattern(40)],
      devices: "sim:1ms",
      trace: failing,
      stages: [
        {
          name: "picky",
          process: ({ frameId }): void => {
            if (frameId === 20) throw new Error("not this one");
          },
        },
      ],
    }).run();
    expect(failed.end).toBe("failed");
    expect(emittedOf(TraceFile.read(failing)).length).toBe(20);
  });

  test("is refused before anything starts where it cannot be written", () => {
    const output = join(folder, "untouched.ndjson");
    const refusal = (trace: string): (() => Pipeline) => {
      return () => new Pipeline({ sources: "demo", output, trace });
    };
    expect(refusal(join(folder, "missing", "t.json"))).toThrow("does not exist");
    expect(refusal(folder)).toThrow(`Cannot write "${folder}": it is a folder; name a file`);
    expect(refusal(output)).toThrow("--output writes to it too; name another file");
    expect(refusal("-")).toThrow('Cannot write "-": a timeline needs a file; name one');
    expect(existsSync(output)).toBe(false);
  });
});
