import { fairnessOf } from "../metrics/fairness.ts";
import type { FrameCounts } from "../metrics/report.ts";
import { batchFactor } from "./batching.ts";
import type { DeviceModel } from "./modelled-device.ts";
import type { SourceModel } from "./modelled-source.ts";
import { RateWindows } from "./rate-windows.ts";
import { createScheduler, type ScheduleSpec, withWeights } from "./schedule-spec.ts";
import type { SimulationResult } from "./simulation-result.ts";
import { simulate } from "./simulator.ts";
import { EQUAL_SHARE } from "./source-share.ts";

/** Distances between the seeds of devices and of runs: odd, and far from each other's multiples. */
const DEVICE_SEED_STEP = 0x9e3779b1;
const RUN_SEED_STEP = 0x632be5ab;
/** Share of the frames that leave before anything is measured, and their number at most. */
const WARM_UP_SHARE = 0.05;
const WARM_UP_COUNT_MAX = 1000;

/** A modelled device with its name in the table. */
export interface NamedDevice extends DeviceModel {
  readonly id: string;
}

export interface ComparisonOptions {
  readonly devices: readonly NamedDevice[];
  readonly sources: readonly SourceModel[];
  readonly schedules: readonly ScheduleSpec[];
  /** Runs of each schedule, each with other times. */
  readonly seedCount: number;
  /** Length of the windows in which rates are counted too, in ms; none where left out. */
  readonly windowMs?: number;
}

/** What one schedule came to over all seeds: medians where not said. Latencies in ms. */
export interface ScheduleFigures {
  readonly schedule: string;
  /** Infinite where the frames take no time; 0 where none was answered. */
  readonly throughputFps: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p99RangeMs: readonly [number, number];
  /** Frames of one seed, on average: means, unlike medians, add up as the frames do. */
  readonly frames: FrameCounts;
  /** Jain's index of what sources got beside their fair shares: the least over the seeds. */
  readonly fairness: number;
  /** Largest gap between two answered frames of a source beside its mean one: the worst of all. */
  readonly worstGap: number;
  /** Seeds with which each device was given up. */
  readonly devicesOut: readonly number[];
  /** Median share of the time in which each device was busy. */
  readonly busyRatios: readonly number[];
  /** Median frames a second in one window after the other, warm-up included. */
  readonly windowFps: readonly number[];
}

/** One simulation, with its rates over time. */
interface ScheduleRun extends SimulationResult {
  readonly windowFps: readonly number[];
}

/**
 * Simulates the same devices and sources under several schedules, on the same seeds.
 * @throws {AipError} `schedule-invalid` where a schedule's weights do not match the devices
 */
export function compareSchedules(options: ComparisonOptions): readonly ScheduleFigures[] {
  return options.schedules.map((schedule) => {
    const devices = withWeights(schedule, options.devices);
    const runs = Array.from({ length: options.seedCount }, (_, run) =>
      simulateRun(options, schedule, devices, run),
    );
    return figuresOf(schedule.text, options.sources, runs);
  });
}

/**
 * Frames a second all devices together can answer, at most, in full calls where they take several
 * frames; infinite where one takes no time.
 */
export function throughputBound(
  devices: readonly Pick<DeviceModel, "serviceMs" | "batch" | "batchCost">[],
): number {
  return devices.reduce((sum, { serviceMs, batch = 1, batchCost = 1 }) => {
    const callMs = serviceMs * batchFactor({ batchCost }, batch);
    return sum + (1000 * batch) / callMs;
  }, 0);
}

function simulateRun(
  { sources, windowMs = Number.POSITIVE_INFINITY }: ComparisonOptions,
  schedule: ScheduleSpec,
  devices: readonly NamedDevice[],
  run: number,
): ScheduleRun {
  const windows = new RateWindows(windowMs);
  const frameCount = sources.reduce((sum, { frames }) => sum + frames, 0);
  const result = simulate({
    devices: devices.map((device, index) => ({
      ...device,
      seed: (device.seed + index * DEVICE_SEED_STEP + run * RUN_SEED_STEP) >>> 0,
    })),
    sources,
    scheduler: (states) => createScheduler(schedule, states),
    warmUp: warmUpOf(frameCount),
    ...(windowMs < Number.POSITIVE_INFINITY && {
      observe: ({ kind, timeMs }) => {
        if (kind === "emitted") windows.left(timeMs);
      },
    }),
  });
  return { ...result, windowFps: windows.rates(result.elapsedMs) };
}

/** One frame at least: a rate is that of the frames after the one its time begins with. */
function warmUpOf(frameCount: number): number {
  const count = Math.max(1, Math.floor(frameCount * WARM_UP_SHARE));
  return frameCount === 1 ? 0 : Math.min(WARM_UP_COUNT_MAX, count);
}

function figuresOf(
  schedule: string,
  sources: readonly SourceModel[],
  runs: readonly ScheduleRun[],
): ScheduleFigures {
  const over = (value: (run: ScheduleRun) => number): number[] => runs.map(value);
  const p99 = over((run) => run.latencyMs.p99);
  const mean = (key: keyof FrameCounts): number =>
    over((run) => run.frames[key]).reduce((total, count) => total + count, 0) / runs.length;
  return {
    schedule,
    throughputFps: median(over((run) => run.throughputFps)),
    p50Ms: median(over((run) => run.latencyMs.p50)),
    p90Ms: median(over((run) => run.latencyMs.p90)),
    p99Ms: median(p99),
    p99RangeMs: [Math.min(...p99), Math.max(...p99)],
    frames: {
      received: mean("received"),
      emitted: mean("emitted"),
      dropped: mean("dropped"),
      failed: mean("failed"),
    },
    fairness: Math.min(...over((run) => fairnessIn(sources, run))),
    worstGap: Math.max(
      ...runs.flatMap((run) =>
        run.sources.map(({ gapMax, gapMean }) => (gapMean === 0 ? 1 : gapMax / gapMean)),
      ),
    ),
    devicesOut: (runs[0]?.devices ?? []).map(
      (_, index) => runs.filter((run) => run.devices[index]?.out).length,
    ),
    busyRatios: (runs[0]?.devices ?? []).map((_, index) =>
      median(over((run) => run.devices[index]?.busyRatio ?? 0)),
    ),
    windowFps: Array.from(
      { length: Math.min(...over((run) => run.windowFps.length)) },
      (_, index) => median(over((run) => run.windowFps[index] as number)),
    ),
  };
}

function fairnessIn(sources: readonly SourceModel[], run: SimulationResult): number {
  return fairnessOf(
    run.sources.map(({ received, emitted }, index) => ({
      ...EQUAL_SHARE,
      ...(sources[index] as SourceModel),
      frames: received,
      answered: emitted,
    })),
  );
}

/** The middle value, the mean of the two in the middle for an even count. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] as number;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] as number) + upper) / 2;
}
