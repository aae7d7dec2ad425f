import { arch, cpus, platform, release, totalmem } from "node:os";
import packageJson from "../../package.json" with { type: "json" };
import type { Accuracy } from "../metrics/accuracy.ts";
import type { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { PowerState } from "../metrics/power-state.ts";
import {
  type DriftReport,
  type LatencyReport,
  type Report,
  type RunEnd,
  type SourceReport,
  sumAnswers,
  sumFrames,
  type WeightedReport,
} from "../metrics/report.ts";
import { ingestText } from "../source/scaled.ts";
import type { CascadeParts } from "./cascade-parts.ts";
import { cascadeReport, sourceAnswers } from "./cascade-report.ts";
import type { Departures } from "./departures.ts";
import type { Device } from "./device.ts";
import type { Manager } from "./manager.ts";
import type { SourceRunner } from "./source-runner.ts";
import type { StageTimes } from "./stage-times.ts";

/** What a report is made from. */
export interface RunFigures {
  readonly end: RunEnd;
  readonly error: string | null;
  readonly schedule: string;
  readonly manager: Manager;
  /** Null where no cascade runs. */
  readonly cascade: CascadeParts | null;
  readonly departures: Departures;
  readonly stages: StageTimes;
  readonly sources: readonly SourceRunner[];
  readonly devices: readonly Device[];
  readonly restarts: number;
  /** How the processes ended that ran this before. */
  readonly crashes: readonly string[];
  readonly startedMs: number;
  readonly endedMs: number;
  readonly drift: readonly DriftReport[];
  readonly notes: readonly string[];
  readonly outputs: readonly string[];
  readonly accuracy: Accuracy | null;
  readonly power: PowerState;
  readonly versions: Readonly<Record<string, string>>;
  /** Names of the models that ran, by their paths. */
  readonly modelNames: ReadonlyMap<string, string>;
}

/** The report of a run, at its end or while it goes on. */
export function reportOf(figures: RunFigures): Report {
  const { manager, stages, devices, startedMs, endedMs, accuracy } = figures;
  const wallMs = Math.max(endedMs - startedMs, 1e-3);
  const answered = figures.sources.reduce((sum, { emitted }) => sum + emitted, 0);
  const sources = figures.sources.map((runner) => sourceReport(runner, figures, answered));
  const frames = sumFrames(sources.map((source) => source.frames));
  const fps = (frames.emitted * 1000) / wallMs;
  const p50 = (histogram: LatencyHistogram): number => round(histogram.percentile(50));
  return {
    version: packageJson.version,
    end: figures.end,
    error: figures.error,
    schedule: figures.schedule,
    sources,
    frames,
    answers: sumAnswers(sources.map((source) => source.answers)),
    in_order: sources.every((source) => source.in_order),
    devices: devices.map((device) => ({
      id: device.instance.id,
      kind: device.instance.kind,
      model: modelName(device, figures.modelNames),
      description: device.instance.description,
      frames: device.frames,
      ...(device.calls < device.frames && { frames_per_call: round(device.frames / device.calls) }),
      busy_ratio: round(Math.min(device.busyMs / wallMs, 1)),
      latency_ms: { mean: round(device.latency.mean), ...latencyReport(device.latency) },
    })),
    throughput_fps: round(fps),
    in_order_latency_ms: latencyReport(figures.departures.latency),
    stages_ms: {
      decode: p50(stages.decode),
      queue: p50(stages.queue),
      preprocess: p50(stages.preprocess),
      inference: p50(stages.inference),
      postprocess: p50(stages.postprocess),
      reorder: p50(stages.reorder),
    },
    wall_s: round(wallMs / 1000),
    faults: {
      crashes: figures.crashes,
      restarts: figures.restarts,
      retries: manager.retries,
      devices_out: devices.flatMap((device) =>
        device.outReason === null ? [] : [{ id: device.instance.id, reason: device.outReason }],
      ),
    },
    drift: figures.drift,
    ...(figures.cascade !== null && { cascade: cascadeReport(figures.cascade, figures) }),
    notes: figures.notes,
    outputs: figures.outputs,
    ...(figures.schedule.startsWith("weighted") && { weighted: weightedReport(figures, fps) }),
    ...(accuracy !== null && {
      accuracy: {
        map50: accuracy.map50,
        classes: accuracy.perClass.map((of) => ({
          label: of.label,
          ap50: of.ap50,
          truth_count: of.truthCount,
          detection_count: of.detectionCount,
        })),
      },
    }),
    machine: {
      os: `${platform()} ${release()}`,
      arch: arch(),
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: navigator.hardwareConcurrency,
      memory_bytes: totalmem(),
      power: figures.power,
    },
    versions: figures.versions,
  };
}

function modelName(device: Device, names: ReadonlyMap<string, string>): string | null {
  const { model } = device.instance.task;
  return model === null ? null : (names.get(model.path) ?? model.path);
}

function sourceReport(
  runner: SourceRunner,
  { cascade }: RunFigures,
  answered: number,
): SourceReport {
  const { geometry } = runner.source.info;
  const { emitted, dropped, failed, share, gaps } = runner;
  return {
    name: runner.source.name,
    width: geometry.width,
    height: geometry.height,
    ingest: ingestText(runner.source.info),
    first_frame: runner.firstFrame,
    frames: { received: runner.received, emitted, dropped, failed },
    answers: sourceAnswers(cascade, runner),
    in_order: runner.inOrder,
    buffer_full_waits: runner.bufferFullWaits,
    sharing: {
      weight: share.weight,
      priority: share.priority,
      deadline_ms: share.deadlineMs,
      share: answered === 0 ? 0 : round(emitted / answered),
      late: runner.late,
      gap_frames: { mean: round(gaps.mean), max: gaps.max },
    },
  };
}

/** The accounting of the shuffled weighted round robin this project began with. */
function weightedReport(figures: RunFigures, fps: number): WeightedReport {
  const { sources, devices, manager } = figures;
  const sum = (of: (source: SourceRunner) => number): number =>
    sources.reduce((total, source) => total + of(source), 0);
  return {
    generated: sum((source) => source.received),
    assigned: manager.assignedCount,
    processed: devices.reduce((total, device) => total + device.frames, 0),
    ordered: sum((source) => source.emitted),
    buffer_full_waits: sum((source) => source.bufferFullWaits),
    backends: devices.map((device) => ({
      id: device.instance.id,
      weight: device.weight,
      frames: device.frames,
      latency_ms_mean: round(device.latency.mean),
    })),
    overall_fps: round(fps),
  };
}

function latencyReport(histogram: LatencyHistogram): LatencyReport {
  return {
    p50: round(histogram.percentile(50)),
    p90: round(histogram.percentile(90)),
    p99: round(histogram.percentile(99)),
  };
}

/** Three decimals: microseconds of a millisecond, a tenth of a percent of a ratio. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
