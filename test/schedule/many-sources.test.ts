import { describe, expect, test } from "bun:test";
import { fairnessOf } from "../../src/metrics/fairness.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { paced, type SourceModel } from "../../src/schedule/modelled-source.ts";
import { createScheduler, type ScheduleName } from "../../src/schedule/schedule-spec.ts";
import type { SimulationResult } from "../../src/schedule/simulation-result.ts";
import { simulate } from "../../src/schedule/simulator.ts";

const TIMES_MS = [20, 50, 100];
const CAPACITY_FPS = 80;
const SECONDS = 120;
/** Golden ratio: offsets in a source's own period that no two sources share. */
const spread = (index: number): number => (index * 0.618) % 1;

interface Paced extends Partial<SourceModel> {
  readonly fps: number;
}

function source({ fps, ...rest }: Paced, index: number): SourceModel {
  const frames = Math.floor(SECONDS * fps);
  const arrivalMs = paced(fps, (1000 * spread(index)) / fps);
  return { frames, slots: 8, drop: "oldest", arrivalMs, ...rest };
}

/** A source that delivers some frames and then no more, without being over. */
function stalled(frameCount: number): SourceModel {
  const arrivalMs = (frame: number): number => (frame < frameCount ? frame * 40 : Infinity);
  return { frames: 1000, slots: 8, drop: "oldest", arrivalMs };
}

function run(name: ScheduleName, sources: readonly SourceModel[], cv = 0.3): SimulationResult {
  return simulate({
    devices: TIMES_MS.map((serviceMs, seed) => deviceModel({ serviceMs, cv, seed })),
    sources,
    scheduler: (devices) => createScheduler(name, devices),
  });
}

function fairness(sources: readonly SourceModel[], result: SimulationResult): number {
  return fairnessOf(
    result.sources.map(({ received, emitted }, index) => ({
      frames: received,
      weight: sources[index]?.weight ?? 1,
      priority: sources[index]?.priority ?? 0,
      answered: emitted,
    })),
  );
}

/** 64 of 4 to 30 frames a second and weights 1 to 3, 1,079 a second together; and two stalled. */
const overload: readonly SourceModel[] = [
  ...Array.from({ length: 64 }, (_, index) =>
    source({ fps: 4 + ((index * 7) % 27), weight: 1 + (index % 3) }, index),
  ),
  stalled(5),
  stalled(0),
];

describe("64 paced sources of unequal rates and two stalled ones share three devices", () => {
  for (const name of ["look-ahead", "pull"] as const) {
    for (const drop of ["oldest", "newest"] as const) {
      test(`${name}, drop ${drop}: by weight, at even distances, and all is counted`, () => {
        const sources = overload.map((each) => ({ ...each, drop }));
        const result = run(name, sources);
        expect(result.throughputFps).toBeGreaterThan(0.98 * CAPACITY_FPS);
        expect(fairness(sources, result)).toBeGreaterThan(0.99);
        for (const { received, emitted, dropped, failed, gapMean, gapMax } of result.sources) {
          expect(emitted + dropped + failed).toBe(received);
          expect(gapMax).toBeLessThanOrEqual(2 * gapMean);
        }
        // The stalled ones: what they delivered was answered.
        expect(result.sources.slice(64).map(({ emitted }) => emitted)).toEqual([5, 0]);
      });
    }
  }

  // Each device is shared fairly; which frames it gets was settled before, by who was there.
  test.each(["earliest-finish", "smooth", "weighted"] as const)("%s: by weight too", (name) => {
    const result = run(name, overload);
    expect(fairness(overload, result)).toBeGreaterThan(0.99);
  });

  test("who wants less than its share gets all of it, and no frame of it waits for others", () => {
    const wanted = [0.3, 0.5, 1, 15];
    const sources = [
      ...Array.from({ length: 64 }, (_, index) =>
        source({ fps: wanted[index % 4] as number, weight: 1 + (index % 3) }, index),
      ),
      stalled(2),
    ];
    const begunMs = new Map<string, number>();
    let waitedMs = 0;
    const result = simulate({
      devices: TIMES_MS.map((serviceMs) => deviceModel({ serviceMs })),
      sources,
      scheduler: (devices) => createScheduler("look-ahead", devices),
      observe({ kind, source: index, frame, timeMs }) {
        if (kind !== "began" || index % 4 === 3 || index === 64) return;
        begunMs.set(`${index}/${frame}`, timeMs);
        const arrivedMs = sources[index]?.arrivalMs?.(frame) ?? 0;
        waitedMs = Math.max(waitedMs, timeMs - arrivedMs);
      },
    });
    expect(fairness(sources, result)).toBeGreaterThan(0.99);
    for (const [index, { received, emitted }] of result.sources.entries()) {
      if (index % 4 !== 3 || index > 63) expect(emitted).toBe(received);
    }
    // A turn of those who always have frames waiting is 16 frames of 12.5 ms by weight 1 to 3.
    expect(waitedMs).toBeLessThan(500);
  });

  test("a higher priority gets all it wants, the others what is left by their weights", () => {
    const sources = [
      source({ fps: 30, priority: 1 }, 0),
      source({ fps: 60, weight: 3 }, 1),
      source({ fps: 60, weight: 1 }, 2),
    ];
    const result = run("look-ahead", sources, 0);
    const rates = result.sources.map(({ emitted }) => emitted / SECONDS);
    expect(rates[0]).toBeCloseTo(30, 0);
    expect((rates[1] as number) / (rates[2] as number)).toBeCloseTo(3, 1);
    expect(rates.reduce((sum, rate) => sum + rate)).toBeCloseTo(CAPACITY_FPS, -0.5);
  });

  test("no frame is given to a device after its deadline; late ones are counted as dropped", () => {
    const sources = overload.map((each) => ({ ...each, deadlineMs: 150 }));
    let oldestMs = 0;
    const result = simulate({
      devices: TIMES_MS.map((serviceMs) => deviceModel({ serviceMs })),
      sources,
      scheduler: (devices) => createScheduler("look-ahead", devices),
      observe({ kind, source: index, frame, timeMs }) {
        const arrivedMs = sources[index]?.arrivalMs?.(frame) ?? 0;
        if (kind === "began") oldestMs = Math.max(oldestMs, timeMs - arrivedMs);
      },
    });
    expect(oldestMs).toBeLessThanOrEqual(150);
    for (const { received, emitted, dropped, late } of result.sources) {
      expect(emitted + dropped).toBe(received);
      expect(late).toBeLessThanOrEqual(dropped);
    }
    expect(result.sources[0]?.late).toBeGreaterThan(0);
  });
});

test("one source without a free slot does not set slow devices to work on the frames of others", () => {
  // The second holds both of its slots at every moment; the first could have all its frames on the
  // quick device, and one on the slow one would be held up for 200 ms.
  const slowFrames = new Set<number>();
  const result = simulate({
    devices: [20, 200].map((serviceMs) => deviceModel({ serviceMs, expectedMs: serviceMs })),
    sources: [
      source({ fps: 10, slots: 10, drop: "never" }, 0),
      { frames: 2000, slots: 2, drop: "never", arrivalMs: null },
    ],
    scheduler: (devices) => createScheduler("look-ahead", devices),
    observe({ kind, source: index, device, frame }) {
      if (kind === "began" && device === 1 && index === 0) slowFrames.add(frame);
    },
  });
  expect(slowFrames.size).toBe(0);
  expect(result.devices[1]?.frames).toBeGreaterThan(0);
});

describe("sources that have nothing to deliver", () => {
  const saturated: SourceModel = { frames: 4000, slots: 8, drop: "never", arrivalMs: null };
  const framesOfSlow = (sources: readonly SourceModel[]): number => {
    const { devices } = simulate({
      devices: [deviceModel({ serviceMs: 2 }), deviceModel({ serviceMs: 110 })],
      sources,
      scheduler: (states) => createScheduler("look-ahead", states),
    });
    return devices[1]?.frames ?? 0;
  };

  test("do not set a slow device to work whose frames would hold up the busy source", () => {
    // While 110 ms are spent on one frame, the other device answers 55, and 8 slots are full. With
    // 64 slots they would not be; but 56 of them are of sources that are silent.
    const alone = framesOfSlow([saturated]);
    expect(alone).toBeLessThan(10);
    const silent = Array.from({ length: 7 }, () => stalled(0));
    expect(framesOfSlow([saturated, ...silent])).toBe(alone);
  });
});
