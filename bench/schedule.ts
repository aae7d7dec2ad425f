import { compareSchedules, type ScheduleFigures } from "../src/schedule/comparison.ts";
import { deviceModel } from "../src/schedule/modelled-device.ts";
import { paced } from "../src/schedule/modelled-source.ts";
import { parseSchedule, scheduleNames } from "../src/schedule/schedule-spec.ts";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { drift } from "./schedule-drift.ts";
import { realRuns } from "./schedule-real.ts";
import { CV, PACED_FPS, SEED_COUNT, SLOTS, simulatedFigures } from "./three-devices.ts";

const SIMULATED_FRAMES = 20_000;
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
  return [
    ...simulated(options),
    await simulationSpeed(options),
    ...(await realRuns(options)),
    ...(await drift(options)),
  ];
}

function simulated({ quick }: BenchmarkOptions): Comparison[] {
  const frames = quick ? SIMULATED_FRAMES / 10 : SIMULATED_FRAMES;
  const saturated = simulatedFigures(null, frames);
  const load = simulatedFigures(PACED_FPS, frames);
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
  const small = (): number => timeMs(() => simulatedFigures(null, SIMULATED_FRAMES)) / figureCount;
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

function timeMs(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}
