import { expect, test } from "bun:test";
import { runMix, sourceMix } from "../../bench/source-mix.ts";
import { stalledSource } from "../../bench/stalled-source.ts";
import { auditReport } from "../../src/metrics/report.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { patternSource } from "../../src/source/pattern.ts";

// Three devices of 400 frames a second together, for 1,079 that arrive.
test("64 paced sources and two stalled ones: fair by weight on real workers, and all is counted", async () => {
  const mix = sourceMix(64, { seconds: 6, devicesMs: [4, 10, 20] });
  const { fairness, report } = await runMix(mix);
  // Answered as they come, a source gets by its rate and not by its weight: 0.69.
  expect(fairness).toBeGreaterThan(0.9);
  expect(auditReport(report)).toEqual([]);
  expect(report.end).toBe("complete");
  expect(report.frames.dropped).toBeGreaterThan(1000);
  for (const [index, { frames, sharing }] of report.sources.slice(0, 64).entries()) {
    expect(frames.received).toBe(6 * (mix.rates[index] as number));
    expect(sharing.weight).toBe(mix.weights[index] as number);
    expect(sharing.gap_frames.max).toBeGreaterThanOrEqual(sharing.gap_frames.mean);
  }
  expect(report.sources.slice(64).map(({ frames }) => frames)).toEqual([
    { received: 5, emitted: 5, dropped: 0, failed: 0 },
    { received: 0, emitted: 0, dropped: 0, failed: 0 },
  ]);
});

test("a source of a higher priority is answered first, and late frames are dropped, saying so", async () => {
  const paced = (name: string) =>
    patternSource({ width: 32, height: 32, write: false, frameCount: 100, paceFps: 100, name });
  const stalled = stalledSource("stalled", 3);
  const pipeline = new Pipeline({
    sources: [paced("first"), paced("second"), stalled],
    // The first source alone keeps it busy for twice as long as frames come.
    devices: "sim:20ms",
    slots: 50,
    priority: { first: 1, stalled: 1 },
    deadline: "second=60",
  });
  const reasons = new Set<string>();
  for await (const { source, frame, error } of pipeline) {
    if (error !== undefined) reasons.add(`${source}: ${error}`);
    if (source === "second" && frame === 99) stalled.hangUp();
  }
  expect(reasons).toEqual(new Set(["second: its deadline had passed"]));
  const [first, second, third] = pipeline.report().sources;
  expect(first?.frames).toMatchObject({ received: 100, emitted: 100 });
  expect(third?.frames).toMatchObject({ received: 3, emitted: 3 });
  expect(second?.sharing).toMatchObject({ deadline_ms: 60, priority: 0 });
  expect(second?.sharing.late).toBe(second?.frames.dropped as number);
  expect(second?.sharing.late).toBeGreaterThan(50);
});

test("a weight for a source there is none of is refused", async () => {
  const source = patternSource({ width: 32, height: 32, write: false, frameCount: 1 });
  const run = new Pipeline({ sources: [source], devices: "sim:0ms", weight: "patern=2" }).run();
  expect(run).rejects.toThrow('did you mean "pattern"?');
});
