import { expect, test } from "bun:test";
import { auditReport } from "../../src/metrics/report.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";

test.each(["oldest", "newest"] as const)(
  "the demo faster than its device drops the %s, keeps its order and adds up",
  async (drop) => {
    const pipeline = new Pipeline({
      sources: "demo:size=64x64:frames=300",
      devices: "sim:20ms",
      slots: 2,
      fps: 1000,
      drop,
    });
    const frames: number[] = [];
    const dropped: number[] = [];
    for await (const { frame, status } of pipeline) {
      frames.push(frame);
      if (status === "dropped") dropped.push(frame);
    }
    const report = pipeline.report();
    expect(frames).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(dropped.length).toBeGreaterThan(0);
    expect(report.frames).toMatchObject({ received: 300, dropped: dropped.length, failed: 0 });
    expect(auditReport(report)).toEqual([]);
  },
);
