import { drawFigure, type Point, type Series } from "../../src/plot/figure.ts";
import { type DeviceModel, deviceModel } from "../../src/schedule/modelled-device.ts";
import { createScheduler } from "../../src/schedule/schedule-spec.ts";
import { simulate } from "../../src/schedule/simulator.ts";

const SERVICE_MS = 20;
const BATCH_COST = 0.3;
const BATCH = 16;
const CV = 0.05;
const GOALS_MS = [200, 100];
const SLOTS = 40;
const END_S = 40;
/** Enough for the whole time, whatever the goal. */
const FRAMES = 8000;
/** When its time changes, and how many times longer it takes from then on. */
const CHANGES = [
  { second: 10, factor: 2 },
  { second: 25, factor: 0.5 },
];

/** One call of the device. */
interface Call {
  readonly startS: number;
  readonly count: number;
  readonly ms: number;
}

/** How many frames a call takes under a latency goal, while the device is slower for a while. */
export function batchLimit(): string {
  const runs = GOALS_MS.map((goalMs) => ({ goalMs, calls: callsOf(goalMs) }));
  const lines = (value: (call: Call) => number): Series[] =>
    runs.map(({ goalMs, calls }) => ({
      name: nameOf(goalMs),
      look: "plain",
      points: calls.map((call): Point => ({ x: call.startS, y: value(call) })),
    }));
  return drawFigure({
    title: `Frames of a call under a latency goal: ${SERVICE_MS} ms, batch-cost ${BATCH_COST}, cv ${CV} (simulated)`,
    x: { title: "seconds", domain: [0, END_S] },
    panels: [
      { title: "frames of a call", series: lines(({ count }) => count) },
      {
        title: "time of a call, ms",
        series: [
          ...lines(({ ms }) => ms),
          ...GOALS_MS.map(
            (goalMs): Series => ({
              name: "half the goal",
              look: "reference",
              points: [0, END_S].map((x) => ({ x, y: goalMs / 2 })),
            }),
          ),
        ],
      },
    ],
    panelHeight: 200,
  });
}

/** Calls of a saturated device, which changes its speed at the same times for every goal. */
function callsOf(goalMs: number): readonly Call[] {
  const slowAt: { frame: number; factor: number }[] = [];
  for (const { second, factor } of CHANGES) {
    const before = simulateCalls(goalMs, slowAt).filter(({ startS }) => startS < second);
    slowAt.push({ frame: before.reduce((sum, { count }) => sum + count, 0), factor });
  }
  return simulateCalls(goalMs, slowAt).filter(({ startS }) => startS < END_S);
}

function simulateCalls(goalMs: number, slowAt: DeviceModel["slowAt"]): readonly Call[] {
  const calls: Call[] = [];
  let startMs = 0;
  let count = 0;
  const end = (nowMs: number): void => {
    if (count > 0) calls.push({ startS: startMs / 1000, count, ms: nowMs - startMs });
    count = 0;
  };
  simulate({
    devices: [
      deviceModel({
        serviceMs: SERVICE_MS,
        expectedMs: SERVICE_MS,
        cv: CV,
        batch: BATCH,
        batchCost: BATCH_COST,
        goalMs,
        slowAt,
      }),
    ],
    sources: [{ frames: FRAMES, slots: SLOTS, drop: "never", arrivalMs: null }],
    scheduler: (states) => createScheduler("look-ahead", states),
    observe({ kind, timeMs }) {
      if (kind === "answered") end(timeMs);
      if (kind !== "began") return;
      startMs = timeMs;
      count += 1;
    },
  });
  return calls;
}

function nameOf(goalMs: number): string {
  return `--latency ${goalMs}`;
}
