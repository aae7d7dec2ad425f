import { AUDIT_SHARE } from "../cascade/audit.ts";
import type { RetrainMode } from "../cascade/recovery.ts";
import type { ScheduleName } from "../schedule/schedule-spec.ts";
import type { DropPolicy, PixelFormatName } from "../types.ts";
import type { SourceValues, SourceValuesInput } from "./source-values.ts";

export { type ScheduleName, scheduleNames } from "../schedule/schedule-spec.ts";

/** A policy's name; those of fixed shares also with weights: `"weighted:weights=7:3:1"`. */
export type ScheduleText = ScheduleName | `${"weighted" | "smooth"}:${string}`;

/** How pictures come: at their own size, scaled down by the decoder, or as measurement says. */
export type IngestMode = "auto" | "native" | "scaled";

/** Size of a model's input in pixels, for models whose own is dynamic. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Everything a run takes, checked and completed: what `aip run`'s flags, a configuration file and
 * `new Pipeline(…)` all become. Optional members are absent where the run decides by itself.
 */
export interface RunConfig {
  /** Files, folders, globs, URLs, `webcam:0`, `demo[:key=value…]`. */
  readonly sources: readonly string[];
  /** A model file, or the name of a built-in model. */
  readonly model: string;
  /** Devices as `parseDevice` reads them, one each. */
  readonly devices: readonly string[];
  readonly schedule: ScheduleText;
  /** Frames a second each source is paced to; absent: as fast as can be, live rate for cameras. */
  readonly fps?: number;
  /** Frames after which each source ends. */
  readonly frames?: number;
  /** Absent: `never` for files, `oldest` for live sources. */
  readonly drop?: DropPolicy;
  /** Slots per source. */
  readonly slots?: number;
  /** Shares of the frames answered, by source; absent: 1 for each. */
  readonly weight?: SourceValues;
  /** Sources of a higher one go first, always; absent: 0 for each. */
  readonly priority?: SourceValues;
  /** Ms a frame may be old when a device takes it, by source; absent: any. */
  readonly deadline?: SourceValues;
  /** Latency goal of a frame in ms, which limits batches; absent: each device's own. */
  readonly latency?: number;
  /** Detections below it are left out, 0–1; absent: what the model's manifest says. */
  readonly confidence?: number;
  /** Overlap above which NMS drops the weaker box, 0–1. */
  readonly iou?: number;
  /** Names or numbers of the classes wanted; absent: all. */
  readonly classes?: readonly string[];
  /** NMS across classes; absent: what the model's manifest says. */
  readonly agnostic?: boolean;
  /** Pixel format of the slots; absent: what the decoder gives. */
  readonly pixelFormat?: PixelFormatName;
  readonly inputSize?: InputSize;
  /** Hardware decoding where there is some, or none. */
  readonly hwaccel: "auto" | "none";
  /** Whether decoders may scale pictures to what the model reads; `auto` where it pays. */
  readonly ingest: IngestMode;
  /** A cascade that answers most frames early: what `aip cascade train` wrote. */
  readonly cascade?: string;
  /** Share of the frames it answers early that the model looks at again when idle, 0–1. */
  readonly audit: number;
  /** What happens when that shows that the cascade is not what it was. */
  readonly retrain: RetrainMode;
  /** Where a cascade goes that was trained anew meanwhile; absent: to its own file. */
  readonly retrainOut?: string;
  /** NDJSON file; `-` is standard output. */
  readonly output?: string;
  /** Video file with the boxes drawn in. */
  readonly annotate?: string;
  /** JSON file for the final report. */
  readonly report?: string;
  /** File for the timeline, in the Trace Event Format. */
  readonly trace?: string;
  /**
   * Goes on after the last frame in `output`, which an earlier run left, instead of replacing it.
   */
  readonly resume: boolean;
  /** No progress line. */
  readonly quiet: boolean;
}

/** What a user may write: every key optional, lists also as one string with commas. */
export interface RunConfigInput {
  readonly sources?: string | readonly string[];
  readonly model?: string;
  readonly devices?: string | readonly string[];
  readonly schedule?: ScheduleText;
  readonly fps?: number;
  readonly frames?: number;
  readonly drop?: DropPolicy;
  readonly slots?: number;
  readonly weight?: SourceValuesInput;
  readonly priority?: SourceValuesInput;
  readonly deadline?: SourceValuesInput;
  readonly latency?: number;
  readonly confidence?: number;
  readonly iou?: number;
  readonly classes?: string | readonly (string | number)[];
  readonly agnostic?: boolean;
  readonly pixelFormat?: PixelFormatName;
  /** `"640x384"` (width first), or both numbers. */
  readonly inputSize?: string | InputSize;
  readonly hwaccel?: "auto" | "none";
  readonly ingest?: IngestMode;
  readonly cascade?: string;
  readonly audit?: number;
  readonly retrain?: RetrainMode;
  readonly retrainOut?: string;
  readonly output?: string;
  readonly annotate?: string;
  readonly report?: string;
  readonly trace?: string;
  readonly resume?: boolean;
  readonly quiet?: boolean;
}

/** Values of a run that says nothing. */
export const runDefaults: RunConfig = {
  sources: ["demo"],
  model: "demo",
  devices: ["auto"],
  schedule: "look-ahead",
  hwaccel: "auto",
  ingest: "auto",
  audit: AUDIT_SHARE,
  retrain: "auto",
  resume: false,
  quiet: false,
};

/**
 * Types a configuration file: `export default defineConfig({ model: "yolox_nano.onnx" })`.
 */
export function defineConfig(config: RunConfigInput): RunConfigInput {
  return config;
}
