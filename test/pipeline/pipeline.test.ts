import { describe, expect, test } from "bun:test";
import { AipError } from "../../src/errors.ts";
import { auditReport, type Report } from "../../src/metrics/report.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/sink/sink.ts";
import type { Stage } from "../../src/stage/stage.ts";
import type { FrameView, RunContext } from "../../src/types.ts";
import { ids, PatternCheck, pattern, type Seen } from "./pattern.ts";

interface Outcome {
  readonly report: Report;
  readonly seen: readonly Seen[];
  readonly pipeline: Pipeline;
}

/** Runs a pipeline over pattern sources, every frame checked. */
async function run(options: PipelineOptions): Promise<Outcome> {
  const check = new PatternCheck();
  const pipeline = new Pipeline({ ...options, stages: [check, ...(options.stages ?? [])] });
  const report = await pipeline.run();
  expect(auditReport(report)).toEqual([]);
  for (const seen of check.seen) expect(seen.torn).toEqual([]);
  return { report, seen: check.seen, pipeline };
}

/** Runs until a device is out, however long its restarts take, and a hundred frames longer. */
async function runUntilOut(devices: string): Promise<Outcome> {
  let framesAfter = 0;
  const watch: Stage = {
    name: "watch",
    process() {
      if (pipeline.report().faults.devices_out.length > 0) framesAfter += 1;
      if (framesAfter === 100) pipeline.stop();
    },
  };
  const check = new PatternCheck();
  const pipeline: Pipeline = new Pipeline({
    ...{ sources: [pattern(1e6)], devices, stages: [check, watch] },
  });
  const report = await pipeline.run();
  expect(auditReport(report)).toEqual([]);
  expect(report.frames.emitted).toBe(report.frames.received);
  expect(check.seen).toEqual([
    expect.objectContaining({ ids: ids(report.frames.received), torn: [] }),
  ]);
  return { report, seen: check.seen, pipeline };
}

describe("Pipeline", () => {
  test("an empty list of sources is refused at once, in words", () => {
    expect(() => new Pipeline({ sources: [] })).toThrow(
      '"sources" must be a list of at least one source, none of them empty, not []',
    );
    expect(() => new Pipeline({ sources: [] })).toThrow(AipError);
  });

  test.each([
    ["pull", 10],
    ["pull", 256],
    ["weighted", 10],
    ["weighted", 3],
    ["smooth", 10],
    ["earliest-finish", 10],
    ["look-ahead", 10],
    ["look-ahead", 2],
  ] as const)(
    "%s with %i slots: every frame leaves once, in order, untorn",
    async (schedule, slots) => {
      const { report, seen } = await run({
        sources: [pattern(20_000)],
        devices: "sim:0ms,sim:0ms,sim:0ms",
        schedule,
        slots,
      });
      expect(seen[0]?.ids).toEqual(ids(20_000));
      expect(report.frames).toEqual({ received: 20_000, emitted: 20_000, dropped: 0, failed: 0 });
      expect(report.in_order).toBe(true);
      expect(report.end).toBe("complete");
    },
  );

  test("devices of unequal speed answer out of order, and frames still leave in order", async () => {
    const { report, seen } = await run({
      sources: [pattern(120)],
      devices: "sim:2ms:cv=0.5,sim:5ms:cv=0.5,sim:11ms:cv=0.5",
      slots: 16,
    });
    expect(seen[0]?.ids).toEqual(ids(120));
    for (const device of report.devices) expect(device.frames).toBeGreaterThan(0);
  });

  test("weighted hands out frames in the ratio of the weights", async () => {
    const { report } = await run({
      sources: [pattern(80)],
      devices: "sim:2ms,sim:5ms,sim:10ms",
      schedule: "weighted",
    });
    // Rates of 500, 200 and 100 frames/s: 5:2:1, ten full cycles of eight.
    expect(report.devices.map((device) => device.frames)).toEqual([50, 20, 10]);
    expect(report.weighted).toMatchObject({
      generated: 80,
      assigned: 80,
      processed: 80,
      ordered: 80,
    });
  });

  test("eight sources at once, each in its own order", async () => {
    const sources = Array.from({ length: 8 }, (_, i) => pattern(500 + i, `camera-${i}`));
    const { report, seen } = await run({ sources, devices: "sim:0ms,sim:0ms" });
    for (const [index, each] of seen.entries()) expect(each.ids).toEqual(ids(500 + index));
    expect(report.sources.map((source) => source.name)).toEqual(sources.map((s) => s.name));
    expect(report.frames.emitted).toBe(8 * 500 + 28);
  });

  test("--frames ends each source after that many", async () => {
    const sources = [pattern(1000, "a"), pattern(30, "b")];
    const { seen } = await run({ sources, devices: "sim:0ms", frames: 100 });
    expect(seen.map((each) => each.ids.length)).toEqual([100, 30]);
  });

  test("--fps paces the source", async () => {
    const { report } = await run({ sources: [pattern(50)], devices: "sim:0ms", fps: 200 });
    // The first frame is due at once, the fiftieth 49 intervals of 5 ms later.
    expect(report.wall_s).toBeGreaterThanOrEqual(0.245);
  });

  test.each(["oldest", "newest"] as const)(
    "drop %s: what does not fit is counted and marked",
    async (drop) => {
      const { report, seen } = await run({
        sources: [pattern(300)],
        devices: "sim:20ms",
        fps: 500,
        drop,
        slots: 4,
      });
      expect(seen[0]?.ids).toEqual(ids(300));
      const { received, emitted, dropped, failed } = report.frames;
      expect({ received, failed }).toEqual({ received: 300, failed: 0 });
      expect(dropped).toBeGreaterThan(0);
      expect(emitted + dropped).toBe(300);
      const marked = seen[0]?.statuses.filter((status) => status === "dropped").length;
      expect(marked).toBe(dropped);
      // "newest" keeps what came first; "oldest" keeps what came last.
      const last = seen[0]?.statuses.at(-1);
      if (drop === "oldest") expect(last).toBe("ok");
    },
  );

  test("a second run is refused", async () => {
    const pipeline = new Pipeline({ sources: [pattern(5)], devices: "sim:0ms" });
    for await (const frame of pipeline) expect(frame.status).toBe("ok");
    expect(pipeline[Symbol.asyncIterator]().next()).rejects.toThrow("a pipeline runs once");
  });
});

describe("Pipeline as an iterator", () => {
  test("yields every frame in order, with its own copy", async () => {
    await using pipeline = new Pipeline({ sources: [pattern(200)], devices: "sim:0ms,sim:1ms" });
    const frames = [];
    for await (const frame of pipeline) frames.push(frame);
    expect(frames.map((frame) => frame.frame)).toEqual(ids(200));
    expect(frames[7]).toMatchObject({ source: "pattern", timeMs: 280, width: 32, height: 8 });
    expect(pipeline.report().frames.emitted).toBe(200);
  });

  test("a slow reader slows the source down instead of filling memory", async () => {
    await using pipeline = new Pipeline({ sources: [pattern(40)], devices: "sim:0ms", slots: 4 });
    let read = 0;
    for await (const _ of pipeline) {
      read += 1;
      await Bun.sleep(2);
      expect(pipeline.report().frames.received).toBeLessThanOrEqual(read + 5);
    }
    expect(read).toBe(40);
  });

  test("leaving the loop ends the run in order", async () => {
    await using pipeline = new Pipeline({ sources: [pattern(1e6)], devices: "sim:0ms" });
    for await (const frame of pipeline) if (frame.frame === 100) break;
    const { frames, end } = pipeline.report();
    expect(end).toBe("interrupted");
    expect(frames.received).toBe(frames.emitted + frames.dropped + frames.failed);
    expect(frames.received).toBeLessThan(1e6);
  });

  test("stop() drains what is under way", async () => {
    const stopper: Stage = {
      name: "stopper",
      process: ({ frameId }) => {
        if (frameId === 20) pipeline.stop();
      },
    };
    const pipeline: Pipeline = new Pipeline({
      sources: [pattern(1e6)],
      devices: "sim:1ms",
      stages: [stopper],
    });
    const report = await pipeline.run();
    expect(report.end).toBe("interrupted");
    expect(auditReport(report)).toEqual([]);
    expect(report.frames.emitted).toBeGreaterThan(20);
    expect(report.frames.emitted).toBe(report.frames.received);
  });
});

describe("Pipeline under faults", () => {
  test("fail: a failed frame goes to another device, and fails after two attempts", async () => {
    const { report, seen } = await run({
      sources: [pattern(400)],
      devices: "sim:1ms:fail=0.2,sim:1ms:fail=0.2",
    });
    expect(seen[0]?.ids).toEqual(ids(400));
    const { emitted, failed } = report.frames;
    expect(emitted + failed).toBe(400);
    // 0.2² of 400 is 16; a binomial spread of four deviations each way.
    expect(failed).toBeGreaterThanOrEqual(1);
    expect(failed).toBeLessThanOrEqual(32);
    expect(report.faults.retries).toBeGreaterThan(failed);
    const [first] = seen[0]?.statuses.entries().filter(([, status]) => status === "failed") ?? [];
    const count = failed === 1 ? "1 frame" : `${failed} frames`;
    const told = `${count} failed, first frame ${first?.[0]} of pattern: simulated failure at frame`;
    expect(report.notes.at(-1)).toStartWith(told);
    expect(report.end).toBe("complete");
  });

  test("die: the frame goes to another device and the worker is restarted", async () => {
    const { report, seen } = await run({
      sources: [pattern(150)],
      devices: "sim:2ms,sim:2ms:die-at=20",
      // Half of the frames go to each, whichever of them the machine holds up.
      schedule: "weighted",
    });
    expect(seen[0]?.ids).toEqual(ids(150));
    expect(report.frames.failed).toBe(0);
    expect(report.faults.restarts).toBeGreaterThanOrEqual(1);
    expect(report.notes.join()).toContain("simulated device died at frame 20");
  });

  test("a device that dies again and again is taken out, and the run goes on without it", async () => {
    const { report } = await runUntilOut("sim:3ms,sim:3ms:die-at=2");
    expect(report.faults.devices_out.map((device) => device.id)).toEqual(["sim-1"]);
    expect(report.faults.restarts).toBe(3);
  });

  test("hang: after 2 s the frame goes to another device and a fresh worker starts", async () => {
    const { report, seen } = await run({
      sources: [pattern(1500)],
      devices: "sim:2ms,sim:2ms:hang-at=30",
      slots: 10,
    });
    expect(seen[0]?.ids).toEqual(ids(1500));
    expect(report.frames.failed).toBe(0);
    expect(report.faults.restarts).toBeGreaterThanOrEqual(1);
    expect(report.notes.join()).toContain("gave no answer in");
  }, 60_000);

  test("all devices gone: the run fails, naming every cause, and every frame is accounted for", async () => {
    const { report, pipeline } = await run({
      sources: [pattern(5000)],
      devices: "sim:1ms:die-at=3,sim:1ms:die-at=5",
    });
    expect(report.end).toBe("failed");
    expect(pipeline.error?.code).toBe("no-device-left");
    expect(pipeline.error?.message).toContain("died at frame 3");
    expect(pipeline.error?.message).toContain("died at frame 5");
    const { received, emitted, failed } = report.frames;
    expect(received).toBe(emitted + failed);
    expect(failed).toBeGreaterThan(0);
  });

  test("a device that fails every frame is taken out, and the others answer them", async () => {
    const { report } = await runUntilOut("sim:1ms:fail=1,sim:1ms");
    const [out] = report.faults.devices_out;
    expect(out?.id).toBe("sim-0");
    expect(out?.reason).toContain("failed 10 frames in a row: simulated failure at frame");
  });

  test.each<[string, () => unknown, string]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
      "boom",
    ],
    ["is asynchronous", () => Promise.resolve(), "process() returned something"],
  ])(
    "a stage that %s ends the run with its error, all frames accounted for",
    async (_, act, why) => {
      const process = (frame: FrameView): unknown => (frame.frameId === 50 ? act() : undefined);
      const { report, pipeline } = await run({
        sources: [pattern(1e6)],
        devices: "sim:0ms",
        stages: [{ name: "bad-stage", process } as Stage],
      });
      expect(report.end).toBe("failed");
      expect(pipeline.error?.code).toBe("stage-failed");
      expect(pipeline.error?.message).toStartWith(
        `"bad-stage" failed at frame 50 of pattern: ${why}`,
      );
      expect(report.frames.received).toBeLessThan(1e6);
    },
  );

  test("a sink that fails ends the run with its error", async () => {
    class FullDisk implements Sink {
      readonly name = "full-disk";
      #context: RunContext | undefined;
      open(context: RunContext): void {
        this.#context = context;
      }
      write(frame: FrameView): void {
        if (frame.frameId === 50) this.#context?.fail(new Error("no space left on device"));
      }
      close(): Promise<void> {
        return Promise.resolve();
      }
      outputs(): readonly string[] {
        return [];
      }
    }
    const { report, pipeline } = await run({
      sources: [pattern(1e6)],
      devices: "sim:0ms",
      sinks: [new FullDisk()],
    });
    expect(report.end).toBe("failed");
    expect(pipeline.error?.message).toBe("no space left on device");
    expect(report.frames.received).toBeLessThan(1e6);
  });

  test("more slots than memory are refused, saying how many would fit", async () => {
    const pipeline = new Pipeline({ sources: "demo", devices: "sim:1ms", slots: 16_384 });
    expect(pipeline.run()).rejects.toThrow(/slots a source need .* would fit/);
  });
});
