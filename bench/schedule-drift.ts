import { Pipeline } from "../src/pipeline/pipeline.ts";
import type { ScheduleName } from "../src/schedule/schedule-spec.ts";
import type { Stage } from "../src/stage/stage.ts";
import type { FrameView } from "../src/types.ts";
import type { BenchmarkOptions, Comparison } from "./benchmark.ts";
import { compare } from "./comparison.ts";
import { CV, SLOTS, TIMES_MS } from "./three-devices.ts";

/** Frames of the fastest device at its own speed, then at half of it. */
const FAST_FRAMES = 1000;
const SLOW_FRAMES = 500;
/** Frames of all devices, so that the fastest has recovered for 20 s in the end. */
const FRAMES = 4300;
const QUICK_DIVISOR = 5;
/** How long a schedule has to adjust itself. */
const ADJUST_MS = 2000;
const SCHEDULES: readonly ScheduleName[] = ["look-ahead", "smooth", "weighted"];
/** Frames a second of all devices together: with the fastest at half its speed, and at its own. */
const BOUND_SLOW = 25 + 20 + 10;
const BOUND_FAST = 50 + 20 + 10;
const BOUND_AT_LEAST = 0.97;

/** Frames a second in the time after each change. */
interface Rates {
  readonly slow: number;
  readonly recovered: number;
}

/** When frames left, and on which device they had been. */
class Departures implements Stage {
  readonly name = "departures";
  readonly timesMs: number[] = [];
  /** When frames of the first device left. */
  readonly fastestMs: number[] = [];

  process(frame: FrameView): void {
    const nowMs = performance.now();
    this.timesMs.push(nowMs);
    if (frame.deviceIndex === 0) this.fastestMs.push(nowMs);
  }

  rate(fromMs: number, toMs: number): number {
    const count = this.timesMs.filter((ms) => ms >= fromMs && ms < toMs).length;
    return (1000 * count) / (toMs - fromMs);
  }
}

/**
 * Real workers, the fastest of which takes twice as long for a while: throughput from 2 s after
 * each change, against what all of them can answer together.
 */
export async function drift({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const divisor = quick ? QUICK_DIVISOR : 1;
  const schedules = quick ? SCHEDULES.slice(0, 1) : SCHEDULES;
  const rates: Rates[] = [];
  for (const name of schedules) {
    progress(`${FRAMES / divisor} frames on real workers, the fastest slower for a while, ${name}`);
    rates.push(await run(name, divisor));
  }
  const comparison = (what: string, bound: number, rate: (rates: Rates) => number): Comparison =>
    compare({
      title: `real workers, 2 s after the fastest ${what}: throughput`,
      unit: "frames/s",
      better: "higher",
      ways: [
        ...schedules.map((name, index) => ({ name, values: [rate(rates[index] as Rates)] })),
        { name: "all devices together", values: [bound] },
      ],
      claims: [
        { of: "look-ahead", to: "all devices together", atLeast: BOUND_AT_LEAST },
        { of: "smooth", to: "all devices together" },
        { of: "weighted", to: "all devices together" },
      ],
    });
  return [
    comparison("halves its speed", BOUND_SLOW, ({ slow }) => slow),
    comparison("recovers", BOUND_FAST, ({ recovered }) => recovered),
  ];
}

async function run(schedule: ScheduleName, divisor: number): Promise<Rates> {
  const departures = new Departures();
  const slowAt = FAST_FRAMES / divisor;
  const recoversAt = slowAt + SLOW_FRAMES / divisor;
  const [fastest, ...others] = TIMES_MS.map((ms) => `sim:${ms}ms:cv=${CV}`);
  await new Pipeline({
    sources: "demo",
    devices: [`${fastest}:slow-at=${slowAt}x2:slow-at=${recoversAt}x0.5`, ...others],
    schedule,
    slots: SLOTS,
    frames: FRAMES / divisor,
    quiet: true,
    stages: [departures],
  }).run();
  const { timesMs, fastestMs } = departures;
  const slowMs = fastestMs[slowAt - 1] as number;
  const recoveredMs = fastestMs[recoversAt - 1] as number;
  return {
    slow: departures.rate(slowMs + ADJUST_MS, recoveredMs),
    recovered: departures.rate(recoveredMs + ADJUST_MS, timesMs.at(-1) as number),
  };
}
