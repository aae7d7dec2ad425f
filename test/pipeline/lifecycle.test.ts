import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AipError } from "../../src/errors.ts";
import { auditReport } from "../../src/metrics/report.ts";
import { createPipe } from "../../src/native/library.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/sink/sink.ts";
import type { IngestSegment, Source } from "../../src/source/source.ts";
import type { FrameView, RunContext } from "../../src/types.ts";
import { until } from "../e2e/workspace.ts";
import { ids, PatternCheck, pattern } from "./pattern.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-lifecycle-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the system lists of this process in a folder of /proc; nothing where there is none. */
const listed = (name: "fd" | "task"): string[] =>
  existsSync(`/proc/self/${name}`) ? readdirSync(`/proc/self/${name}`) : [];

const openFds = (): number => listed("fd").length;
const threads = (): number => listed("task").length;

/** Open pipe ends; the event loops of workers that are ending are descriptors too. */
const openPipes = (): number =>
  listed("fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("pipe:");
    } catch {
      return false; // The one the listing itself was read through.
    }
  }).length;

/** Memory of this process, once what nobody needs is given back. */
function residentBytes(): number {
  Bun.gc(true);
  return process.memoryUsage.rss();
}

/** A source with the segment given, and whatever else a test wants to be different. */
function source(segment: IngestSegment, name: string, changes: Partial<Source> = {}): Source {
  let opened = false;
  return {
    ...pattern(1, name),
    async open() {
      if (opened) return null;
      opened = true;
      return segment;
    },
    ...changes,
  };
}

const { geometry } = pattern(1).info;

/** Calls back at chosen points of a sink's life. */
class ProbeSink implements Sink {
  readonly name = "probe";
  closedWith: boolean | undefined;
  readonly #on: Partial<Pick<Sink, "open" | "write" | "close">>;

  constructor(on: Partial<Pick<Sink, "open" | "write" | "close">> = {}) {
    this.#on = on;
  }

  async open(context: RunContext): Promise<void> {
    await this.#on.open?.(context);
  }

  write(frame: FrameView): void {
    this.#on.write?.(frame);
  }

  async close(complete: boolean): Promise<void> {
    this.closedWith = complete;
    await this.#on.close?.(complete);
  }

  outputs(): readonly string[] {
    return [];
  }
}

describe("A pipeline's end", () => {
  test("iterating to the last frame is a complete run, not an interrupted one", async () => {
    const pipeline = new Pipeline({ sources: [pattern(20)], devices: "sim:0ms" });
    for await (const _ of pipeline);
    expect(pipeline.report().end).toBe("complete");
  });

  test("stop() before the start: nothing is read, and the report says interrupted", async () => {
    const pipeline = new Pipeline({ sources: [pattern(20)], devices: "sim:0ms" });
    pipeline.stop();
    const report = await pipeline.run();
    expect(report.end).toBe("interrupted");
    expect(report.frames.received).toBe(0);
  });

  test("a signal that is aborted already is a stop before the start", async () => {
    const signal = AbortSignal.abort();
    const pipeline = new Pipeline({ sources: [pattern(20)], devices: "sim:0ms", signal });
    expect((await pipeline.run()).end).toBe("interrupted");
  });

  test("a signal aborted after the end changes nothing and holds nothing", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...words: unknown[]) => {
      listeners += 1;
      return Reflect.apply(addEventListener, signal, words);
    };
    signal.removeEventListener = (...words: unknown[]) => {
      listeners -= 1;
      return Reflect.apply(removeEventListener, signal, words);
    };
    const pipeline = new Pipeline({ sources: [pattern(20)], devices: "sim:0ms", signal });
    await pipeline.run();
    expect(listeners).toBe(0);
    controller.abort();
    expect(pipeline.report().end).toBe("complete");
  });

  test("two pipelines at once in one process do not disturb each other", async () => {
    const checks = [new PatternCheck(), new PatternCheck()];
    const reports = await Promise.all(
      checks.map((check, index) =>
        new Pipeline({
          sources: [pattern(1000 + index)],
          devices: "sim:0ms,sim:0ms",
          stages: [check],
        }).run(),
      ),
    );
    for (const [index, check] of checks.entries()) {
      expect(check.seen[0]?.ids).toEqual(ids(1000 + index));
      expect(check.seen[0]?.torn).toEqual([]);
      expect(auditReport(reports[index] as (typeof reports)[number])).toEqual([]);
    }
  });

  test("thirty pipelines one after the other leave no descriptor, thread or memory behind", async () => {
    const run = async (): Promise<void> => {
      await new Pipeline({ sources: [pattern(50)], devices: "sim:0ms", slots: 256 }).run();
      Bun.gc(true);
    };
    for (let i = 0; i < 5; i += 1) await run();
    const before = { fds: openFds(), threads: threads(), rss: residentBytes() };
    for (let i = 0; i < 30; i += 1) await run();
    // Thirty of each would be left; threads end, and the runtime closes its own, when they may.
    await until("descriptors are closed", () => openFds() - before.fds < 10);
    await until("threads have ended", () => threads() - before.threads < 10);
    // One arena is some 9 MB: thirty of them kept would be 270 MB.
    await until("memory is given back", () => residentBytes() - before.rss < 120 * 2 ** 20);
  }, 60_000);
});

test("a pipeline that has ended holds its report, and not its arena", async () => {
  const ended: Pipeline[] = [];
  const run = async (): Promise<void> => {
    const pipeline = new Pipeline({ sources: [pattern(50)], devices: "sim:0ms", slots: 1024 });
    for await (const _ of pipeline);
    ended.push(pipeline);
    Bun.gc(true);
  };
  for (let i = 0; i < 3; i += 1) await run();
  const before = residentBytes();
  for (let i = 0; i < 10; i += 1) await run();
  // An arena of 1,024 slots has some 40 MB: ten of them would be 400 MB.
  await until("arenas are given back", () => residentBytes() - before < 150 * 2 ** 20);
  for (const pipeline of ended) expect(pipeline.report().frames.emitted).toBe(50);
}, 60_000);

describe("A pipeline whose parts fail", () => {
  test("an ingest worker that throws ends its source alone", async () => {
    const broken = source(
      // No scene is one pixel wide: the worker throws when it opens it.
      {
        ...{ kind: "demo", geometry: { ...geometry, width: 1, height: 1 }, fps: 25, seed: 1 },
        ...{ density: 1, personShare: -1, visitorShare: 0, visitorSeconds: 6 },
        ...{ start: 0, frameCount: 5 },
      } as IngestSegment,
      "broken",
    );
    const check = new PatternCheck();
    const pipeline = new Pipeline({
      sources: [pattern(300, "whole"), broken],
      devices: "sim:0ms",
      stages: [check],
    });
    const report = await pipeline.run();
    expect(report.end).toBe("failed");
    expect(pipeline.error).toBeInstanceOf(AipError);
    expect(pipeline.error?.message).toStartWith('Source "broken" broke off: ');
    expect(check.seen[0]?.ids).toEqual(ids(300));
    expect(auditReport(report)).toEqual([]);
  });

  test("a source that throws in open() is an error with a code, and the others go on", async () => {
    const broken = source({} as IngestSegment, "broken", {
      open: () => Promise.reject(new TypeError("no lens")),
    });
    const pipeline = new Pipeline({ sources: [pattern(100), broken], devices: "sim:0ms" });
    const report = await pipeline.run();
    expect(report.frames.emitted).toBe(100);
    expect(pipeline.error?.code).toBe("source-failed");
    expect(pipeline.error?.message).toBe('Source "broken" broke off: no lens');
  });

  test("a sink that throws in open() ends the run; those before it are closed as incomplete", async () => {
    const first = new ProbeSink();
    const second = new ProbeSink({ open: () => Promise.reject(new Error("no room")) });
    const pipeline = new Pipeline({
      sources: [pattern(100)],
      devices: "sim:0ms",
      sinks: [first, second],
    });
    expect(await pipeline.run().catch((error: Error) => error.message)).toBe("no room");
    expect(first.closedWith).toBe(false);
    expect(second.closedWith).toBeUndefined();
  });

  test("a stage that throws ends the run: sinks are closed, pipes let go of", async () => {
    const pipes = openPipes();
    const writeEnds: number[] = [];
    const openPipe = (): number => {
      const { readFd, writeFd } = createPipe(65_536);
      writeEnds.push(writeFd);
      return readFd;
    };
    let opened = false;
    const piped: Source = {
      ...pattern(1, "piped"),
      async open() {
        if (opened) return null;
        opened = true;
        await Bun.sleep(5);
        return { kind: "pipe", fd: openPipe(), timestampFd: openPipe(), startMs: 0, geometry };
      },
      async close() {
        for (const fd of writeEnds.splice(0)) closeSync(fd);
      },
    };
    const sink = new ProbeSink();
    const stage = {
      name: "clumsy",
      process(): void {
        throw new Error("stage fell over");
      },
    };
    const pipeline = new Pipeline({
      sources: [pattern(100), piped],
      devices: "sim:0ms",
      stages: [stage],
      sinks: [sink],
    });
    expect((await pipeline.run()).end).toBe("failed");
    expect(pipeline.error?.message).toContain("stage fell over");
    expect(sink.closedWith).toBe(false);
    await until("pipes are closed", () => openPipes() <= pipes);
  });

  test("a stage that throws in close() keeps nothing else from being closed", async () => {
    const sink = new ProbeSink();
    const stage = {
      name: "clumsy",
      process: () => undefined,
      close: () => Promise.reject(new Error("close fell over")),
    };
    const pipeline = new Pipeline({
      sources: [pattern(10)],
      devices: "sim:0ms",
      stages: [stage],
      sinks: [sink],
    });
    const report = await pipeline.run();
    expect(sink.closedWith).toBeDefined();
    expect(report.end).toBe("failed");
    expect(pipeline.error?.message).toBe("close fell over");
  });

  test("no device left after a sink had failed: the run still ends, the sink's error first", async () => {
    let context: RunContext | undefined;
    const sink = new ProbeSink({
      open: (given) => {
        context = given;
      },
      write: (frame) => {
        if (frame.frameId === 1) context?.fail(new Error("no space left on device"));
      },
    });
    const pipeline = new Pipeline({
      sources: [pattern(1e6)],
      devices: "sim:20ms:die-at=3",
      slots: 64,
      sinks: [sink],
    });
    const report = await pipeline.run();
    expect(pipeline.error?.message).toBe("no space left on device");
    expect(report.notes.join()).toContain("No device is left");
    expect(auditReport(report)).toEqual([]);
  }, 60_000);

  test("one device of several that cannot start: the others end, and so does the process", async () => {
    const module = JSON.stringify(join(import.meta.dir, "../../src/index.ts"));
    // A model that opens, and fails at its first inference.
    copyFileSync(
      join(import.meta.dir, "../fixtures/native/fails.onnx"),
      join(folder, "fails.onnx"),
    );
    writeFileSync(join(folder, "fails.json"), '{"input": {"scale": 1}, "head": {"type": "raw"}}');
    const program = `
      import { Pipeline } from ${module};
      const setTimer = globalThis.setTimeout;
      let hasEnded = false;
      let waitedMs = 0;
      globalThis.setTimeout = (act, ms, ...rest) => setTimer((...given) => {
        if (hasEnded) waitedMs = Math.max(waitedMs, ms);
        act(...given);
      }, ms, ...rest);
      const devices = "sim:5ms,sim:1ms:model=fails.onnx";
      const pipeline = new Pipeline({ sources: "demo:frames=1000", devices });
      const message = await pipeline.run().then(() => "ran", (error) => error.message);
      hasEnded = true;
      process.on("exit", () => console.log(waitedMs));
      console.log(message);
    `;
    const child = Bun.spawn([process.execPath, "-e", program], { cwd: folder, stderr: "pipe" });
    const [message, waitedMs] = (await new Response(child.stdout).text()).trim().split("\n");
    expect(message).toContain("Device sim-1");
    expect(await child.exited).toBe(0);
    // Neither a worker nor a timer has kept it: the limit for hung workers is one of 2 s.
    expect(Number(waitedMs)).toBeLessThan(2000);
  }, 60_000);
});
