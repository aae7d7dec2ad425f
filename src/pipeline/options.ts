import type { DeviceInstance } from "../backend/backend.ts";
import type { RunConfigInput } from "../config/run-config.ts";
import type { Sink } from "../sink/sink.ts";
import type { Source } from "../source/source.ts";
import type { Stage } from "../stage/stage.ts";
import type { Retrainer } from "./retrainer.ts";
import type { RunCascade } from "./run-cascade.ts";

/** Everything `aip run` takes, and what only code can give. */
export interface PipelineOptions extends Omit<RunConfigInput, "sources" | "cascade"> {
  /** What `aip run` takes, such as `"clip.mp4"`, or sources of one's own. Default `demo`. */
  readonly sources?: string | readonly (string | Source)[];
  /** A cascade's file, as `aip run --cascade` takes it, or a cascade of one's own. */
  readonly cascade?: string | RunCascade;
  /** Trains a cascade anew where `retrain` is `auto`; without it, `auto` only warns. */
  readonly retrainer?: Retrainer;
  /** Steps every frame passes in order, before the sinks. */
  readonly stages?: readonly Stage[];
  /** Sinks besides those of `output` and `annotate`. */
  readonly sinks?: readonly Sink[];
  /** Frame each source starts with; those before it are passed over. Default 0. */
  readonly firstFrame?: number;
  /** Ends the run as `stop()` does. */
  readonly signal?: AbortSignal;
  /** How the processes ended that ran this before and crashed, for the report: `["SIGSEGV"]`. */
  readonly crashes?: readonly string[];
}

/** What is known once everything has been opened, before the first frame. */
export interface RunInfo {
  readonly sources: readonly Source[];
  readonly devices: readonly DeviceInstance[];
  readonly schedule: string;
  /** Name of the model; null where only devices without one run. */
  readonly model: string | null;
  readonly labels: readonly string[];
  readonly slotCount: number;
  /** Frames all sources together will deliver, where that can be told. */
  readonly frameCount: number | undefined;
}

export interface PipelineEvents {
  /** Sources, model and devices are open; workers are being started. */
  prepared: [info: RunInfo];
  /** All devices are warm; the first frame is being read. */
  started: [];
  /** Something people should know: a device that was left out, restarted or taken out. */
  note: [text: string];
}
