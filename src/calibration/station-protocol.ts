/** What a station and its worker say to each other. */
import type { SessionTask } from "../backend/backend.ts";
import type { StageFigures } from "../schedule/calibration.ts";
import type { FrameGeometry } from "../types.ts";

/** Words that a worker shares with who measures. */
export const StationWord = {
  /** Not 0: the trial is over; native waits see it too. */
  stop: 0,
  /** Frames answered in this trial. */
  frames: 1,
  /** How many words there are. */
  count: 2,
} as const;

/** What a new worker is told. */
export interface StationOpen {
  readonly type: "open";
  readonly task: SessionTask;
  readonly geometry: FrameGeometry;
  /** See `StationWord`. */
  readonly words: SharedArrayBuffer;
}

export type StationCommand = StationOpen | { readonly type: "start" };

/** What one instance did in one trial. */
export interface StationTrial {
  /** Frames taken, and the time from the start to the end of the last. */
  readonly frames: number;
  readonly elapsedMs: number;
  /** How many of the frames failed. */
  readonly failures: number;
  /** Times of the first calls that answered anything, in ms, at most `SAMPLE_COUNT_MAX`. */
  readonly callMs: Float64Array;
  /** Means of a frame in ms. */
  readonly stages: StageFigures;
}

/** What the first calls have told. */
export interface StationWarmUp {
  /** Time of the last one, in ms. */
  readonly callMs: number;
  /** Time each further frame adds to a call, as a share of a single frame's; 1 without batches. */
  readonly batchCost: number;
}

export type StationMessage =
  | ({ readonly type: "ready" } & StationWarmUp)
  | { readonly type: "trial"; readonly trial: StationTrial; readonly error: string }
  | { readonly type: "failed"; readonly message: string };
