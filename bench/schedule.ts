import { Pipeline } from "../src/pipeline/pipeline.ts";
import {
  compareSchedules,
  type NamedDevice,
  type ScheduleFigures,
} from "../src/schedule/comparison.ts";
import { deviceModel } from "../src/schedule/modelled-device.ts";
import { paced } from "../src/schedule/modelled-source.ts";
import { parseSchedule, type ScheduleName, scheduleNames } from "../src/schedule/schedule-spec.ts";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";

const TIMES_MS = [20, 50, 100];
const CV = 0.3;
const SLOTS = 10;
/** 90 % of what the devices can answer together. */
const PACED_FPS = 72;
const SIMULATED_FRAMES = 20_000;
const SEED_COUNT = 5;
/** Frames of a real run: 20 s of them. */
const REAL_FRAMES = 1600;
const REAL_FRAMES_QUICK = 80;
const REAL_ROUNDS = 3;
/** The policies that are run on real workers, each beside its simulation. */
const REAL_SCHEDULES: readonly ScheduleName[] = ["look-ahead", "pull", "weighted"];
const SWEEP_DEVICES = 64;
const SWEEP_SOURCES = 200;

/** Schedules, simulated and on real workers, against the fixed shares of the seed. */
export const schedule: Benchmark = {
  name: "schedule",
  summary: "schedules on devices of 20, 50 and 100 ms: simulated, and on real workers",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  options.progress("simulating every schedule");
  return [...simulated(options), await simulationSpeed(options), await real(options)];
}

const devices: readonly NamedDevice[] = TIMES_MS.map((serviceMs, index) => ({
  ...deviceModel({ serviceMs, cv: CV, weight: 100 / serviceMs }),
  id: `sim-${index}`,
}));

/** Figures of every schedule, once for each seed. */
function figures(fps: number | null, frames: number): readonly (readonly ScheduleFigures[])[] {
  return Array.from({ length: SEED_COUNT }, (_, round) =>
    compareSchedules({
      devices: devices.map((device) => ({ ...device, seed: 1 + round })),
      sources: [
        { frames, slots: SLOTS, drop: "never", arrivalMs: fps === null ? null : paced(fps) },
      ],
      schedules: scheduleNames.map(parseSchedule),
      seedCount: 1,
    }),
  );
}

function simulated({ quick }: BenchmarkOptions): Comparison[] {
  const frames = quick ? SIMULATED_FRAMES / 10 : SIMULATED_FRAMES;
  const saturated = figures(null, frames);
  const load = figures(PACED_FPS, frames);
  const ways = (
    rounds: readonly (readonly ScheduleFigures[])[],
    value: (figure: ScheduleFigures) => number,
  ): Way[] =>
    scheduleNames.map((name, index) => ({
      name,
      values: rounds.map((round) => value(round[index] as ScheduleFigures)),
    }));
  const claim = (atLeast: number) => ({ of: "look-ahead", to: "weighted", atLeast });
  return [
    compare({
      title: "simulated, saturated: throughput",
      unit: "frames/s",
      better: "higher",
      ways: ways(saturated, (figure) => figure.throughputFps),
      claims: [claim(1.03)],
    }),
    compare({
      title: "simulated, saturated: in-order p99",
      unit: "ms",
      better: "lower",
      ways: ways(saturated, (figure) => figure.p99Ms),
      claims: [claim(1.25)],
    }),
    compare({
      title: `simulated, ${PACED_FPS} frames/s: in-order p99`,
      unit: "ms",
      better: "lower",
      ways: ways(load, (figure) => figure.p99Ms),
      claims: [claim(1.6)],
    }),
  ];
}

/** How fast simulations are: the small one, and a large one of every kind of event. */
async function simulationSpeed({ quick }: BenchmarkOptions): Promise<Comparison> {
  const small = (): number => timeMs(() => figures(null, SIMULATED_FRAMES)) / figureCount;
  const figureCount = SEED_COUNT * scheduleNames.length;
  const large = (): number =>
    timeMs(() =>
      compareSchedules({
        devices: Array.from({ length: SWEEP_DEVICES }, (_, index) => ({
          ...deviceModel({ serviceMs: 20 + index, cv: CV }),
          id: `sim-${index}`,
        })),
        sources: Array.from({ length: SWEEP_SOURCES }, (_, index) => ({
          frames: SIMULATED_FRAMES / SWEEP_SOURCES,
          slots: SLOTS,
          drop: "oldest" as const,
          arrivalMs: paced(6, index),
        })),
        schedules: [parseSchedule("look-ahead")],
        seedCount: 1,
      }),
    );
  const ways = await alternate(
    {
      "3 devices, 1 source": small,
      [`${SWEEP_DEVICES} devices, ${SWEEP_SOURCES} sources`]: large,
    },
    quick ? 1 : SEED_COUNT,
  );
  return compare({
    title: `simulating ${SIMULATED_FRAMES.toLocaleString("en-US")} frames`,
    unit: "ms",
    better: "lower",
    ways,
    claims: [],
  });
}

/** Real workers that take the simulated times, beside the simulator's figures. */
async function real({ quick, progress }: BenchmarkOptions): Promise<Comparison> {
  const frames = quick ? REAL_FRAMES_QUICK : REAL_FRAMES;
  const latencies: string[] = [];
  const runOn = (name: ScheduleName) => async (): Promise<number> => {
    progress(`${frames} frames on real workers, ${name}`);
    const { throughput_fps, in_order_latency_ms } = await new Pipeline({
      sources: "demo",
      devices: TIMES_MS.map((ms) => `sim:${ms}ms:cv=${CV}`),
      schedule: name,
      slots: SLOTS,
      frames,
      quiet: true,
    }).run();
    latencies.push(`${name}: in-order p99 ${in_order_latency_ms.p99.toFixed(0)} ms`);
    return throughput_fps;
  };
  const measured = await alternate(
    Object.fromEntries(REAL_SCHEDULES.map((name) => [name, runOn(name)])),
    quick ? 1 : REAL_ROUNDS,
  );
  const expected = figures(null, frames);
  const ways = REAL_SCHEDULES.flatMap((name): Way[] => {
    const index = scheduleNames.indexOf(name);
    const values = expected.map((round) => (round[index] as ScheduleFigures).throughputFps);
    return [
      measured.find((way) => way.name === name) as Way,
      { name: `${name}, simulated`, values },
    ];
  });
  return compare({
    title: `real workers, saturated, ${frames} frames: throughput`,
    unit: "frames/s",
    better: "higher",
    ways,
    claims: [
      { of: "look-ahead", to: "look-ahead, simulated" },
      { of: "look-ahead", to: "weighted" },
    ],
    notes: latencies,
  });
}

function timeMs(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}
