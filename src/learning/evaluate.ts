import { type ErrorBound, errorBound } from "../cascade/bounds.ts";
import { errorsOf, nearErrors } from "../cascade/evaluation.ts";
import {
  type IntervalAgreement,
  intervalAgreement,
  markedIntervals,
} from "../cascade/intervals.ts";
import { IGNORED } from "../cascade/types.ts";
import { oneSecondWindows, type WindowedAccuracy, windowedAccuracy } from "../cascade/windows.ts";
import { runtimeError, usageError } from "../errors.ts";
import type { Report } from "../metrics/report.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameAnswer } from "../types.ts";
import { AnswerCollector } from "./answer-collector.ts";

/** Gaps of so many seconds do not part two appearances. */
const GAP_S = 1;

export interface CascadeRunOptions {
  /** Folder of the cascade. */
  readonly cascade: string;
  readonly video: string;
  readonly model: string;
  readonly devices: string;
  readonly signal: AbortSignal;
  /** Frames after which it ends; undefined for all. */
  readonly frames?: number | undefined;
  readonly sinks?: readonly Sink[];
}

/** What a cascade said about a video. */
export interface CascadeRun {
  /** 1 where a frame shows the object. */
  readonly present: Uint8Array;
  /** How certain the level was that gave the answer, 0–1. */
  readonly scores: Float32Array;
  readonly unanswered: number;
  readonly levels: Readonly<Record<FrameAnswer, number>>;
  readonly report: Report;
}

/** How well that agrees with the truth. */
export interface Agreement {
  readonly frames: number;
  /** Frames the truth says something of; the others count nowhere. */
  readonly judged: number;
  readonly falseNegatives: ErrorBound;
  readonly falsePositives: ErrorBound;
  readonly windowed: WindowedAccuracy;
  readonly intervals: IntervalAgreement;
}

/**
 * Runs a cascade over a video, as `aip run --cascade` does.
 * @throws {AipError} `interrupted`, or what the run throws
 */
export async function runCascade(options: CascadeRunOptions): Promise<CascadeRun> {
  const { cascade, video, model, devices, signal, frames, sinks = [] } = options;
  const collector = new AnswerCollector();
  const pipeline = new Pipeline({
    sources: video,
    cascade,
    model,
    devices,
    signal,
    sinks: [collector, ...sinks],
    ...(frames !== undefined && { frames }),
  });
  const report = await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  if (signal.aborted) throw runtimeError("interrupted", "Interrupted while the cascade ran");
  const { present, scores, unanswered, levels } = collector;
  return { present, scores, unanswered, levels, report };
}

/**
 * Compares answers with the truth, frame by frame, by windows of a second, and by appearances.
 *
 * @param truth 1 present, 0 absent, `IGNORED`
 * @throws {AipError} `labels-other-footage` where these are not as many frames
 */
export function agreementWith(
  { present, scores }: Pick<CascadeRun, "present" | "scores">,
  truth: Uint8Array,
  fps: number,
): Agreement {
  if (present.length !== truth.length) {
    throw usageError(
      "labels-other-footage",
      `The labels are of ${truth.length} frames, and the video has ${present.length}: give labels ` +
        "of this video",
    );
  }
  const joinFrames = Math.round(GAP_S * fps);
  const shown = (marks: Uint8Array) =>
    markedIntervals(
      marks.map((is, frame) => Number(is === 1 && truth[frame] !== IGNORED)),
      { joinFrames },
    );
  return {
    frames: truth.length,
    judged: truth.filter((is) => is !== IGNORED).length,
    falseNegatives: boundOf(present, scores, truth, 1),
    falsePositives: boundOf(present, scores, truth, 0),
    windowed: windowedAccuracy(present, truth, oneSecondWindows(fps)),
    intervals: intervalAgreement(shown(present), shown(truth)),
  };
}

/** Of the frames whose truth is `is`: which were answered otherwise. */
function boundOf(
  present: Uint8Array,
  scores: Float32Array,
  truth: Uint8Array,
  is: 0 | 1,
): ErrorBound {
  const { trials, wrong } = errorsOf(present, truth, is);
  // A frame has its anchor's score: each is its own anchor here.
  const anchors = Uint32Array.from(truth.keys());
  const nearlyWrong = nearErrors({ trials, wrong, anchors, scores, isPresent: is });
  return errorBound({ trials, wrong, nearlyWrong });
}
