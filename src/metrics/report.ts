import { formatCount, formatCountOf } from "./number-format.ts";
import type { PowerState } from "./power-state.ts";

/** Whether a run came to its end. */
export type RunEnd = "complete" | "interrupted" | "failed";

/** Frames of a source, or of all. Emitted frames are the ones that were answered. */
export interface FrameCounts {
  readonly received: number;
  readonly emitted: number;
  readonly dropped: number;
  readonly failed: number;
}

/** How the emitted frames were answered; sums up to `emitted`. */
export interface AnswerCounts {
  readonly inferred: number;
  /** Answer of the frame before, because nothing had changed. */
  readonly reused: number;
  /** Answered by a level of a cascade. */
  readonly specialized: number;
}

export interface SourceReport {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Size the frames arrived in: `native 768x432`, `scaled 3840x2160 → 416x234`. */
  readonly ingest: string;
  /** Number of this run's first frame: 0 but where it went on after an earlier run's last. */
  readonly first_frame: number;
  readonly frames: FrameCounts;
  readonly answers: AnswerCounts;
  /** Whether its frames left in ascending order, without a gap or a repeat. */
  readonly in_order: boolean;
  /** Times the source found no free slot. */
  readonly buffer_full_waits: number;
  readonly sharing: SharingReport;
}

/** What a source was entitled to beside the others, and what it got. */
export interface SharingReport {
  readonly weight: number;
  /** Sources of a higher one went first, always. */
  readonly priority: number;
  /** Age in ms beyond which no device took its frames; null for none. */
  readonly deadline_ms: number | null;
  /** Its part of all frames emitted, 0–1. */
  readonly share: number;
  /** Dropped frames whose deadline had passed. */
  readonly late: number;
  /** Frames from one emitted frame to the next: 1 where none is missing, 0 before the second. */
  readonly gap_frames: { readonly mean: number; readonly max: number };
}

export interface DeviceReport {
  /** `cpu-0` */
  readonly id: string;
  readonly kind: string;
  /** Name of the model it ran; null where it ran none. */
  readonly model: string | null;
  /** What it is, for people: `ONNX Runtime 1.30.0 CPU, 1 thread`; says when it is simulated. */
  readonly description: string;
  /** Frames it answered. */
  readonly frames: number;
  /** Mean frames of a call; only where it answered several in one. */
  readonly frames_per_call?: number;
  /** Share of the run it was busy, 0–1. */
  readonly busy_ratio: number;
  /** From taking a frame, or those of a call, to the result. */
  readonly latency_ms: LatencyReport & { readonly mean: number };
}

export interface LatencyReport {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Median time of a frame in each stage, in ms. */
export interface StagesReport {
  readonly decode: number;
  /** Waiting for a device. */
  readonly queue: number;
  readonly preprocess: number;
  readonly inference: number;
  readonly postprocess: number;
  /** Waiting for earlier frames. */
  readonly reorder: number;
}

export interface FaultsReport {
  /** How the processes ended that crashed before this one went on: `["SIGSEGV"]`. */
  readonly crashes: readonly string[];
  /** Workers started again. */
  readonly restarts: number;
  /** Frames given to a second worker. */
  readonly retries: number;
  readonly devices_out: readonly { readonly id: string; readonly reason: string }[];
}

/** A device that changed its speed during the run. */
export interface DriftReport {
  /** `cpu-0` */
  readonly device: string;
  /** When it began, counted from the start of the run. */
  readonly since_s: number;
  /** Time of a frame before and after. */
  readonly from_ms: number;
  readonly to_ms: number;
  /** Part of all frames a second the living devices can answer, 0–1, before and after. */
  readonly share_from: number;
  readonly share_to: number;
}

/** What a cascade did in a run, level by level. */
export interface CascadeReport {
  /** Path of its file. */
  readonly file: string;
  /** What every frame was asked. */
  readonly question: {
    readonly classes: readonly string[];
    readonly confidence: number;
    /** Left, top, right, bottom as shares of the picture; null for all of it. */
    readonly region: readonly number[] | null;
  };
  /** Frames that show it. */
  readonly present: number;
  /** Frames each level answered; they sum up to the emitted ones. */
  readonly levels: CascadeLevelCounts;
  /** Share of the frames answered early that was to be looked at again, 0–1. */
  readonly audit_share: number;
  /** Per source; empty where nothing is audited. */
  readonly audits: readonly CascadeAuditReport[];
  /** What became of the cascade meanwhile. */
  readonly events: readonly CascadeEventReport[];
}

/** What looking again at a random few of the frames answered early has shown. */
export interface CascadeAuditReport {
  readonly source: string;
  /** Frames the reference model looked at again. */
  readonly audited: number;
  /** Frames that were drawn, and that no device had time for. */
  readonly skipped: number;
  readonly false_negatives: CascadeRateReport;
  readonly false_positives: CascadeRateReport;
  /** Of both kinds, over all frames. */
  readonly error_rate: CascadeRateReport;
}

/** An error rate over all frames since the last event, with its two-sided 95 % interval, 0–1. */
export interface CascadeRateReport {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
  /** Audited frames that count, and the wrong ones among them. */
  readonly audited: number;
  readonly errors: number;
  /**
   * Whether a test watches it: not where the cascade's file promises so little, more than 30 % of the
   * frames answered early wrong, that wrong frames say nothing. It is then held to its budget alone.
   */
  readonly watched: boolean;
}

export interface CascadeEventReport {
  readonly source: string;
  readonly kind: "drift" | "fallback" | "refused" | "retrained" | "abandoned";
  /** When it happened, counted from the start of the run. */
  readonly at_s: number;
  /**
   * Number and time of the first frame of the source that it holds for, as its results have them: the
   * first that the model answers after a fall-back, the first that a new cascade has looked at, the next
   * that left after anything else. Null where none did.
   */
  readonly frame: number | null;
  readonly time_ms: number | null;
  readonly text: string;
}

export interface CascadeLevelCounts {
  /** Not looked at (`t_skip`): the last answer again. */
  readonly skipped: number;
  /** Hardly different from the last frame with an answer of its own: that answer again. */
  readonly unchanged: number;
  /** Hardly different from the empty picture. */
  readonly empty: number;
  /** By the specialized network. */
  readonly specialized: number;
  /** By the reference model. */
  readonly inferred: number;
}

/** What the weighted round robin's own accounting says. */
export interface WeightedReport {
  /** Frames the sources generated, and those assigned to a device. */
  readonly generated: number;
  readonly assigned: number;
  /** Frames the devices processed, and those that left in order. */
  readonly processed: number;
  readonly ordered: number;
  readonly buffer_full_waits: number;
  readonly backends: readonly {
    readonly id: string;
    readonly weight: number;
    readonly frames: number;
    readonly latency_ms_mean: number;
  }[];
  readonly overall_fps: number;
}

export interface AccuracyReport {
  /** Mean over classes of the average precision at IoU 0.5, 0–1. */
  readonly map50: number;
  readonly classes: readonly {
    readonly label: string;
    readonly ap50: number;
    readonly truth_count: number;
    readonly detection_count: number;
  }[];
}

/**
 * What a run did: the figures of the report file and of the table at the end. Its keys are those
 * of the JSON, whose schema is `docs/report.schema.json`. Times in ms unless they end in `_s`.
 */
export interface Report {
  /** Version of aip. */
  readonly version: string;
  readonly end: RunEnd;
  /** Why the run failed; null where it did not. */
  readonly error: string | null;
  readonly schedule: string;
  readonly sources: readonly SourceReport[];
  /** Sums over the sources. */
  readonly frames: FrameCounts;
  readonly answers: AnswerCounts;
  /** Whether every source's frames left in order. */
  readonly in_order: boolean;
  readonly devices: readonly DeviceReport[];
  readonly throughput_fps: number;
  /** From a frame's arrival to its leaving in order. */
  readonly in_order_latency_ms: LatencyReport;
  readonly stages_ms: StagesReport;
  readonly wall_s: number;
  readonly faults: FaultsReport;
  /** Changes of speed, in the order they were noticed. */
  readonly drift: readonly DriftReport[];
  /** Only where a cascade ran. */
  readonly cascade?: CascadeReport;
  /** What people should know: a source that reconnected, a codec that was missing. */
  readonly notes: readonly string[];
  /** Files written. */
  readonly outputs: readonly string[];
  /** Only under the weighted schedule. */
  readonly weighted?: WeightedReport;
  /** Only where ground truth came with the frames. */
  readonly accuracy?: AccuracyReport;
  readonly machine: {
    readonly os: string;
    readonly arch: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memory_bytes: number;
    /** What kept it from its full speed, at the end of the run. */
    readonly power: PowerState;
  };
  /** Versions of what ran: `{ bun: "1.4.5", onnxruntime: "1.30.0" }`. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Sum of frame counts. */
export function sumFrames(counts: readonly FrameCounts[]): FrameCounts {
  const sum = { received: 0, emitted: 0, dropped: 0, failed: 0 };
  for (const count of counts) {
    sum.received += count.received;
    sum.emitted += count.emitted;
    sum.dropped += count.dropped;
    sum.failed += count.failed;
  }
  return sum;
}

/** Sum of answer counts. */
export function sumAnswers(counts: readonly AnswerCounts[]): AnswerCounts {
  const sum = { inferred: 0, reused: 0, specialized: 0 };
  for (const count of counts) {
    sum.inferred += count.inferred;
    sum.reused += count.reused;
    sum.specialized += count.specialized;
  }
  return sum;
}

/**
 * What does not add up in a report, one sentence each; empty for a sound one. Every received frame
 * must have been emitted, dropped or failed, every emitted frame answered in one way, the totals
 * must be those of the sources, and every source in order.
 */
export function auditReport(report: Report): string[] {
  const faults: string[] = [];
  for (const source of report.sources) {
    faults.push(...auditCounts(`source ${source.name}`, source.frames, source.answers));
    if (!source.in_order) faults.push(`source ${source.name}: frames left out of order`);
  }
  faults.push(...auditCounts("all sources", report.frames, report.answers));
  const sum = sumFrames(report.sources.map(({ frames }) => frames));
  for (const key of ["received", "emitted", "dropped", "failed"] as const) {
    if (sum[key] === report.frames[key]) continue;
    faults.push(
      `${key}: ${formatCount(report.frames[key])} in all, but the sources sum up to ${formatCount(sum[key])}`,
    );
  }
  return faults;
}

function auditCounts(name: string, frames: FrameCounts, answers: AnswerCounts): string[] {
  const faults: string[] = [];
  const left = frames.emitted + frames.dropped + frames.failed;
  if (left !== frames.received) {
    const missing = frames.received - left;
    const what =
      missing > 0 ? `${formatCount(missing)} unaccounted for` : `${formatCount(-missing)} too many`;
    faults.push(
      `${name}: ${formatCountOf(frames.received, "frame")} received, ${formatCount(left)} left: ${what}`,
    );
  }
  const answered = answers.inferred + answers.reused + answers.specialized;
  if (answered !== frames.emitted) {
    faults.push(
      `${name}: ${formatCountOf(frames.emitted, "frame")} emitted, ${formatCount(answered)} answered`,
    );
  }
  return faults;
}
