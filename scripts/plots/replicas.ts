import { drawFigure, type Point, type Series } from "../../src/plot/figure.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { createScheduler } from "../../src/schedule/schedule-spec.ts";
import type { SimulationResult } from "../../src/schedule/simulation-result.ts";
import { simulate } from "../../src/schedule/simulator.ts";

const SERVICE_MS = 50;
/** Part of it that a frame spends elsewhere, such as pre-processing on the CPU. */
const ELSEWHERE_MS = 10;
const FRAMES = 5000;
const COUNTS = [1, 2, 3, 4, 5, 6];

/** Where the replicas run. */
interface Placement {
  readonly name: string;
  /** Mean time of a frame with `count` replicas at work. */
  readonly serviceMs: (count: number) => number;
}

/**
 * Replicas of one device take turns on it. Times are constant, so each frame takes as long as
 * k frames spend on the device, or as long as it takes alone, where that is longer.
 */
const PLACEMENTS: readonly Placement[] = [
  { name: "on k devices", serviceMs: () => SERVICE_MS },
  {
    name: `on one device, ${ELSEWHERE_MS} ms elsewhere`,
    serviceMs: (count) => Math.max(SERVICE_MS, count * (SERVICE_MS - ELSEWHERE_MS)),
  },
  { name: "on one device", serviceMs: (count) => count * SERVICE_MS },
];

/** Throughput and latency against k workers on one frame queue. */
export function replicas(): string {
  const runs = PLACEMENTS.map(({ serviceMs }) =>
    COUNTS.map((count) => run(count, serviceMs(count))),
  );
  const lines = (value: (result: SimulationResult) => number): Series[] =>
    PLACEMENTS.map(({ name }, placement) => ({
      name,
      points: COUNTS.map(
        (x, index): Point => ({ x, y: value(runs[placement]?.[index] as SimulationResult) }),
      ),
    }));
  return drawFigure({
    title: `k replicas of a model on one frame queue, ${SERVICE_MS} ms a frame (simulated)`,
    x: {
      title: "k, workers at once",
      domain: [0.5, COUNTS.length + 0.5],
      ticks: COUNTS,
    },
    panels: [
      { title: "throughput, frames/s", series: lines(({ throughputFps }) => throughputFps) },
      { title: "in-order latency, ms", series: lines(({ latencyMs }) => latencyMs.p50) },
    ],
    panelHeight: 200,
  });
}

/** Every worker always has a frame, and none waits for a worker. */
function run(count: number, serviceMs: number): SimulationResult {
  return simulate({
    devices: COUNTS.slice(0, count).map((seed) => deviceModel({ serviceMs, seed })),
    sources: [{ frames: FRAMES, slots: count, drop: "never", arrivalMs: null }],
    scheduler: (states) => createScheduler("look-ahead", states),
    warmUp: FRAMES / 10,
  });
}
