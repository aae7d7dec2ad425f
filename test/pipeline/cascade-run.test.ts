import { describe, expect, test } from "bun:test";
import { auditReport, type Report } from "../../src/metrics/report.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { patternSource } from "../../src/source/pattern.ts";
import type { Frame } from "../../src/types.ts";
import { answersOf, scripted } from "./cascade.ts";
import { ids, PatternCheck, pattern } from "./pattern.ts";

interface Outcome {
  readonly frames: Frame[];
  readonly report: Report;
}

/** Runs to the end, also where that is a failure. */
async function runAll(options: PipelineOptions): Promise<Outcome> {
  const frames: Frame[] = [];
  await using pipeline = new Pipeline(options);
  try {
    for await (const frame of pipeline) frames.push(frame);
  } catch (error) {
    if (pipeline.error !== error) throw error;
  }
  return { frames, report: pipeline.report() };
}

/** Frames that left, whatever became of them. */
function ofSource(frames: readonly Frame[], name: string): Frame[] {
  return frames.filter(({ source }) => source === name);
}

describe("a run with a cascade", () => {
  test("frames with an early answer leave in order with those a device answers", async () => {
    const check = new PatternCheck();
    const { frames, report } = await runAll({
      sources: [pattern(2000)],
      devices: "sim:2ms:cv=0.5,sim:1ms",
      audit: 0,
      cascade: scripted("iuuussaaap"),
      stages: [check],
    });
    expect(frames.map(({ frame }) => frame)).toEqual(ids(2000));
    expect(check.seen[0]?.torn).toEqual([]);
    expect(auditReport(report)).toEqual([]);
    expect(report.answers).toEqual({ inferred: 200, reused: 1000, specialized: 800 });
    expect(report.cascade?.levels).toEqual({
      skipped: 400,
      unchanged: 600,
      empty: 0,
      specialized: 800,
      inferred: 200,
    });
    expect(report.devices.reduce((sum, device) => sum + device.frames, 0)).toBe(200);
  });

  test("a frame that is unchanged shows what the frame before it shows, boxes and all", async () => {
    const { frames } = await runAll({
      sources: "demo:persons=0.5",
      frames: 120,
      devices: "sim:1ms:model=demo,sim:3ms:model=demo",
      cascade: scripted("iuus"),
    });
    const shown = frames.filter(({ detections }) => detections.length > 0);
    expect(shown.length).toBeGreaterThan(60);
    for (const [index, frame] of frames.entries()) {
      const anchor = frames[index - (index % 4)] as Frame;
      expect(frame.answer).toBe(index % 4 === 0 ? "inferred" : "reused");
      expect(frame.detections).toEqual(anchor.detections);
      expect([frame.present, frame.score]).toEqual([anchor.present, anchor.score]);
      const best = Math.max(
        0,
        ...anchor.detections
          .filter(({ label }) => label === "person")
          .map(({ confidence }) => confidence),
      );
      expect(frame.score).toBe(best);
      expect(frame.present).toBe(best >= 0.3);
      expect(frame.device === undefined).toBe(index % 4 !== 0);
    }
  });

  test("what the network and the empty picture say lasts until another frame has its own answer", async () => {
    const { frames } = await runAll({
      sources: [pattern(16)],
      devices: "sim:0ms",
      cascade: scripted("pusuaussepuieuua"),
    });
    expect(answersOf(frames)).toBe("SRRRsrrrrSRirrrs");
  });

  test.each(["sim:1ms:fail=0.4,sim:1ms:fail=0.4", "sim:1ms:die-at=30,sim:1ms:fail=0.3"])(
    "where a frame fails on %s, the next one that would have had its answer is inferred",
    async (devices) => {
      const { frames, report } = await runAll({
        sources: [pattern(1500)],
        devices,
        cascade: scripted("iuuuuaus"),
      });
      expect(frames.map(({ frame }) => frame)).toEqual(ids(1500));
      expect(auditReport(report)).toEqual([]);
      const letters = answersOf(frames);
      expect(letters).toContain("x");
      expect(letters).not.toContain("xr");
    },
  );

  test("without a device, frames that hang on nobody's answer leave, and the run fails", async () => {
    const { frames, report } = await runAll({
      sources: [pattern(4000)],
      devices: "sim:1ms:die-at=10",
      cascade: scripted("iuua"),
    });
    expect(report.end).toBe("failed");
    expect(report.error).toContain("No device is left");
    expect(auditReport(report)).toEqual([]);
    expect(frames.map(({ frame }) => frame)).toEqual(ids(frames.length));
    expect(answersOf(frames)).not.toContain("xr");
  });

  test("a device that hangs keeps no frame from leaving in order", async () => {
    const { frames, report } = await runAll({
      sources: [pattern(800)],
      devices: "sim:1ms:hang-at=20,sim:1ms",
      cascade: scripted("iuuuaaaa"),
    });
    expect(frames.map(({ frame }) => frame)).toEqual(ids(800));
    expect(report.frames.emitted).toBe(800);
    expect(report.faults.retries).toBeGreaterThan(0);
  }, 60_000);

  test.each(["oldest", "newest"] as const)(
    "with drop %s, order and accounting hold",
    async (drop) => {
      const { frames, report } = await runAll({
        sources: [patternSource({ width: 32, height: 8, frameCount: 3000, write: false })],
        // 500 frames that ask would take it 10 s, and they come within 1.5.
        devices: "sim:20ms",
        drop,
        slots: 8,
        fps: 2000,
        cascade: scripted("iuuuus"),
      });
      expect(frames.map(({ frame }) => frame)).toEqual(ids(3000));
      expect(auditReport(report)).toEqual([]);
      expect(report.frames.dropped).toBeGreaterThan(100);
    },
    60_000,
  );

  test("where a frame comes too late for a device, the next takes its place", async () => {
    const { frames, report } = await runAll({
      sources: [patternSource({ width: 32, height: 8, frameCount: 1200, write: false })],
      devices: "sim:20ms",
      slots: 64,
      fps: 1200,
      deadline: 10,
      cascade: scripted("iuuuuuuu"),
    });
    expect(auditReport(report)).toEqual([]);
    // Frames that ask come every 7 ms, of which the device is at one for 20.
    expect(report.sources[0]?.sharing.late).toBeGreaterThan(0);
    expect(report.answers.inferred).toBeGreaterThan(0);
    expect(answersOf(frames)).not.toContain("-r");
  });

  test("several sources share one cascade, and each has its own last answer", async () => {
    const names = ["east", "north", "west"];
    const { frames, report } = await runAll({
      sources: names.map((name) => pattern(900, name)),
      devices: "sim:1ms:cv=0.5,sim:2ms",
      cascade: scripted("puua"),
    });
    for (const name of names) {
      expect(answersOf(ofSource(frames, name))).toBe("SRRs".repeat(225));
    }
    expect(report.sources.map(({ answers }) => answers)).toEqual(
      names.map(() => ({ inferred: 0, reused: 450, specialized: 450 })),
    );
  });
});
