import { Pipeline } from "../src/pipeline/pipeline.ts";
import type { ScheduleFigures } from "../src/schedule/comparison.ts";
import { type ScheduleName, scheduleNames } from "../src/schedule/schedule-spec.ts";
import type { BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { type Claim, compare, median } from "./comparison.ts";
import { CV, PACED_FPS, SLOTS, simulatedFigures, TIMES_MS } from "./three-devices.ts";

/** Frames of a run: 75 s of them. */
const FRAMES = 6000;
const FRAMES_QUICK = 80;
/** Each beside its simulation. */
const SCHEDULES: readonly ScheduleName[] = ["look-ahead", "weighted"];
/** A p99 is that of the simulation to within 8 %. */
const P99_AT_LEAST = 0.926;
const THROUGHPUT_AT_LEAST = 0.98;

interface Run {
  readonly throughputFps: number;
  readonly p99Ms: number;
}

/** Real workers that take the simulated times, beside the simulator's figures. */
export async function realRuns(options: BenchmarkOptions): Promise<Comparison[]> {
  const frames = options.quick ? FRAMES_QUICK : FRAMES;
  const comparisons: Comparison[] = [];
  for (const fps of [null, PACED_FPS]) {
    const runs: Run[] = [];
    for (const name of SCHEDULES) {
      options.progress(`${frames} frames on real workers, ${name}, ${describeLoad(fps)}`);
      runs.push(await run(name, fps, frames));
    }
    const expected = simulatedFigures(fps, frames);
    const what = `real workers, ${describeLoad(fps)}, ${frames} frames`;
    comparisons.push(
      compare({
        title: `${what}: throughput`,
        unit: "frames/s",
        better: "higher",
        ways: ways(
          runs.map(({ throughputFps }) => throughputFps),
          expected,
          (figure) => figure.throughputFps,
        ),
        claims: claims(THROUGHPUT_AT_LEAST),
      }),
      compare({
        title: `${what}: in-order p99`,
        unit: "ms",
        better: "lower",
        ways: ways(
          runs.map(({ p99Ms }) => p99Ms),
          expected,
          (figure) => figure.p99Ms,
        ),
        claims: claims(P99_AT_LEAST),
      }),
    );
  }
  return comparisons;
}

async function run(name: ScheduleName, fps: number | null, frames: number): Promise<Run> {
  const { throughput_fps, in_order_latency_ms } = await new Pipeline({
    sources: "demo",
    devices: TIMES_MS.map((ms) => `sim:${ms}ms:cv=${CV}`),
    schedule: name,
    slots: SLOTS,
    frames,
    quiet: true,
    ...(fps !== null && { fps }),
  }).run();
  return { throughputFps: throughput_fps, p99Ms: in_order_latency_ms.p99 };
}

/** Every measured figure, and the simulated ones of all seeds behind it. */
function ways(
  measured: readonly number[],
  expected: readonly (readonly ScheduleFigures[])[],
  value: (figure: ScheduleFigures) => number,
): Way[] {
  return SCHEDULES.flatMap((name, index): Way[] => {
    const column = scheduleNames.indexOf(name);
    const simulated = median(expected.map((round) => value(round[column] as ScheduleFigures)));
    return [
      { name, values: [measured[index] as number] },
      { name: `${name}, simulated`, values: [simulated] },
    ];
  });
}

function claims(atLeast: number): Claim[] {
  return [
    { of: "look-ahead", to: "look-ahead, simulated", atLeast },
    { of: "weighted", to: "weighted, simulated" },
    { of: "look-ahead", to: "weighted" },
  ];
}

function describeLoad(fps: number | null): string {
  return fps === null ? "saturated" : `${fps} frames/s`;
}
