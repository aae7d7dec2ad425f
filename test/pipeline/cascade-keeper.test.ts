import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usageError } from "../../src/errors.ts";
import { auditReport } from "../../src/metrics/report.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Retrainer, RetrainTask } from "../../src/pipeline/retrainer.ts";
import type { RunCascade } from "../../src/pipeline/run-cascade.ts";
import type { Frame } from "../../src/types.ts";
import { schemaErrors } from "../metrics/report-schema.ts";
import { brightnessNetwork } from "./brightness-network.ts";
import { scripted } from "./cascade.ts";
import { pattern } from "./pattern.ts";

const SIDE = 32;
const FRAMES = 9000;
/** When the light goes on. */
const LIGHT = 1000;

/** Takes everything brighter than `middle` for the object. */
function cascadeFor(middle: number): RunCascade {
  const model = brightnessNetwork(SIDE, middle, 1);
  const network = { model, side: SIDE, cLow: 0.1, cHigh: 0.9 };
  return {
    name: `brighter than ${middle}`,
    question: { classes: ["person"], confidence: 0.3, region: null },
    screen: {
      kind: "cascade",
      levels: { tSkip: 1, difference: null, network },
      region: null,
    },
    promise: { falseNegatives: 0.01, falsePositives: 0.01, errorRate: 0.01, presentShare: 0.1 },
    file: null,
  };
}

let folder = "";
/** A grey of 60, which nobody is in, and from frame `LIGHT` on one of 160. */
let lit = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-keeper-"));
  lit = join(folder, "lit.mkv");
  const scene =
    `color=c=0x3c3c3c:s=64x48:r=100:d=${FRAMES / 100},format=yuv420p,` +
    `drawbox=c=0xa0a0a0:t=fill:enable='gte(n,${LIGHT})'`;
  const codec = ["-c:v", "ffv1", lit];
  const made = Bun.spawn(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", scene, ...codec]);
  expect(await made.exited).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs over the light going on; the reference model never sees anybody. */
async function run(
  retrainer: Retrainer,
  more: PipelineOptions = {},
  onFrame: (frame: Frame, pipeline: Pipeline) => void = () => undefined,
): Promise<{ frames: Frame[]; pipeline: Pipeline }> {
  const frames: Frame[] = [];
  const pipeline = new Pipeline({
    sources: lit,
    fps: 2000,
    devices: "sim:0ms,sim:0ms",
    slots: 64,
    audit: 0.2,
    retrain: "auto",
    cascade: cascadeFor(110),
    retrainer,
    ...more,
  });
  for await (const frame of pipeline) {
    frames.push(frame);
    onFrame(frame, pipeline);
  }
  return { frames, pipeline };
}

describe("a cascade that drifts", () => {
  test("falls back to the model, is trained on its answers, and comes back", async () => {
    const tasks: RetrainTask[] = [];
    const { frames, pipeline } = await run((task) => {
      tasks.push(task);
      return Promise.resolve(cascadeFor(200));
    });
    const report = pipeline.report();
    expect(auditReport(report)).toEqual([]);
    expect(report.cascade?.events.map(({ kind }) => kind)).toEqual([
      "drift",
      "fallback",
      "retrained",
    ]);
    const [task] = tasks as [RetrainTask];
    expect(tasks).toHaveLength(1);
    expect(task.footage.count).toBe(2000);
    expect(task.footage.side).toBe(SIDE);
    expect(task.footage.truth.every((is) => is === 0)).toBe(true);
    // 16 + 160 · 219 / 255 in the plane, and 160 in every colour.
    expect(task.footage.luma.every((value) => Math.abs(value - 153) <= 2)).toBe(true);
    expect(task.footage.pictures.every((value) => Math.abs(value - 160) <= 3)).toBe(true);
    // Wrong from the light on until the fall-back, and right ever after.
    expect(frames.slice(0, LIGHT).every(({ present }) => present === false)).toBe(true);
    expect(frames[LIGHT]?.present).toBe(true);
    const last = frames.findLastIndex(({ present }) => present === true);
    expect(last).toBeLessThan(FRAMES - 2500);
    const inferred = frames.findIndex(({ answer }) => answer === "inferred");
    const tail = frames.at(-1);
    expect(inferred).toBeGreaterThan(LIGHT);
    expect(tail).toMatchObject({ answer: "specialized", present: false });
  }, 60_000);

  test("says from which frame on the model answers, and from which the new one", async () => {
    const { frames, pipeline } = await run(() => Promise.resolve(cascadeFor(200)));
    const report = pipeline.report();
    expect(schemaErrors(report)).toEqual([]);
    const [drift, fallback, retrained] = report.cascade?.events ?? [];
    const first = frames.findIndex(({ answer }) => answer === "inferred");
    const again = frames.findLastIndex(({ answer }) => answer === "inferred") + 1;
    expect(drift?.frame).toBeGreaterThan(LIGHT);
    expect(drift?.frame).toBeLessThanOrEqual(first);
    // 100 frames a second.
    expect(fallback).toMatchObject({ kind: "fallback", frame: first, time_ms: 10 * first });
    expect(retrained).toMatchObject({ kind: "retrained", frame: again, time_ms: 10 * again });
  }, 60_000);

  test("does not hold the new one to audits that were drawn for the old one", async () => {
    await using pipeline = new Pipeline({
      sources: [pattern(5000)],
      fps: 900,
      devices: "sim:1ms",
      slots: 64,
      audit: 1,
      retrain: "auto",
      // The reference sees nobody: the first is always wrong, the second always right.
      cascade: scripted("p"),
      retrainer: () => Promise.resolve(scripted("a")),
    });
    const report = await pipeline.run();
    expect(report.cascade?.events.map(({ kind }) => kind)).toEqual([
      "drift",
      "fallback",
      "retrained",
    ]);
    const [audit] = report.cascade?.audits ?? [];
    expect(audit?.false_positives.audited).toBeGreaterThan(0);
    expect(audit?.false_positives.errors).toBe(0);
    const { specialized, inferred } = report.answers;
    expect((audit?.audited ?? 0) + (audit?.skipped ?? 0)).toBeLessThanOrEqual(specialized);
    expect(specialized + inferred).toBe(5000);
  }, 60_000);

  test("loses no frame to a device that dies while it answers everything", async () => {
    const { pipeline, frames } = await run(() => Promise.resolve(cascadeFor(200)), {
      devices: "sim:0ms:die-at=1500",
    });
    const report = pipeline.report();
    expect(auditReport(report)).toEqual([]);
    expect(report.faults.restarts).toBeGreaterThan(0);
    expect(report.cascade?.events.map(({ kind }) => kind)).toContain("retrained");
    expect(frames).toHaveLength(FRAMES);
    expect(report.in_order).toBe(true);
  }, 60_000);

  test("other sources of the run keep theirs", async () => {
    const frames: Frame[] = [];
    await using pipeline = new Pipeline({
      sources: [lit, "demo:size=64x64:frames=4000:fps=100"],
      fps: 2000,
      devices: "sim:0ms,sim:0ms",
      slots: 64,
      audit: 0.2,
      retrain: "auto",
      // Everything but the street, and the grey before the light, is brighter than that.
      cascade: cascadeFor(150),
      retrainer: () => Promise.reject(usageError("footage-too-short", "too short")),
    });
    for await (const frame of pipeline) frames.push(frame);
    const events = pipeline.report().cascade?.events ?? [];
    expect(new Set(events.map(({ source }) => source))).toEqual(new Set(["lit"]));
    const answers = (name: string): Set<unknown> =>
      new Set(frames.filter(({ source }) => source === name).map(({ answer }) => answer));
    expect(answers("lit")).toContain("inferred");
    expect(answers("demo")).not.toContain("inferred");
  }, 60_000);

  test("tries again with more frames where these cannot support one", async () => {
    const counts: number[] = [];
    const { frames, pipeline } = await run((task) => {
      counts.push(task.footage.count);
      return counts.length === 1
        ? Promise.reject(usageError("footage-too-short", "20 s of footage are too short"))
        : Promise.resolve(cascadeFor(200));
    });
    const events = pipeline.report().cascade?.events ?? [];
    expect(events.map(({ kind }) => kind)).toEqual(["drift", "fallback", "refused", "retrained"]);
    expect(events[2]?.text).toContain("20 s of footage are too short");
    expect(counts).toEqual([2000, 3000]);
    expect(frames.at(-1)?.answer).toBe("specialized");
  }, 60_000);

  describe("where the run ends by itself while a training goes on", () => {
    /** Answers the first training once the last frame has left, and counts what each has. */
    function atTheEnd(act: (attempt: number) => RunCascade | Error): {
      counts: number[];
      run: () => ReturnType<typeof run>;
    } {
      const counts: number[] = [];
      const ended = Promise.withResolvers<void>();
      const retrainer: Retrainer = async ({ footage }) => {
        counts.push(footage.count);
        await ended.promise;
        const made = act(counts.length);
        if (made instanceof Error) throw made;
        return made;
      };
      const more = { frames: 6500, retrainOut: join(folder, "new.aip") };
      return {
        counts,
        run: () => run(retrainer, more, ({ frame }) => frame === 6499 && ended.resolve()),
      };
    }

    test("it tries once more with all that were labelled meanwhile", async () => {
      const last = atTheEnd((attempt) =>
        attempt === 1 ? usageError("claim-unsupported", "too few") : cascadeFor(200),
      );
      const { frames, pipeline } = await last.run();
      const events = pipeline.report().cascade?.events ?? [];
      expect(events.map(({ kind }) => kind)).toEqual(["drift", "fallback", "refused", "retrained"]);
      const labelled = frames.length - (events[1]?.frame ?? 0);
      expect(last.counts).toEqual([2000, labelled]);
      expect(events[2]?.text).toEndWith("; another try at once, with all that is labelled by now");
      // No frame was left for it.
      expect(events[3]).toMatchObject({ frame: null, time_ms: null });
      expect(pipeline.report().end).toBe("complete");
    }, 60_000);

    test("it ends where that is refused, too", async () => {
      const last = atTheEnd(() => usageError("claim-unsupported", "too few"));
      const { pipeline } = await last.run();
      const events = pipeline.report().cascade?.events ?? [];
      expect(events.map(({ kind }) => kind)).toEqual([
        "drift",
        "fallback",
        "refused",
        "refused",
        "abandoned",
      ]);
      expect(last.counts).toHaveLength(2);
      expect(events[3]?.text).toBe("no new cascade yet: too few");
    }, 60_000);
  });

  test("whoever trains when the run ends is stopped, and nothing waits for it", async () => {
    let isAborted = false;
    const { pipeline } = await run(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            isAborted = true;
            reject(signal.reason);
          });
        }),
    );
    expect(isAborted).toBe(true);
    expect(pipeline.report().end).toBe("complete");
  }, 60_000);
});
