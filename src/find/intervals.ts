import { type FrameInterval, markedIntervals } from "../cascade/intervals.ts";

/** A stretch of a video in which the object is seen. */
export interface Interval extends FrameInterval {
  /** When its first frame begins, in ms since the video's start. */
  readonly startMs: number;
  /** When its last frame ends: where the next one begins. */
  readonly endMs: number;
}

/** What a run said about the frames of a video. */
export interface VideoAnswers {
  /** 1 where a frame shows the object; one that has no answer is as the one before it. */
  readonly present: Uint8Array;
  /** Presentation times in ms. */
  readonly timesMs: Float64Array;
  /** Nominal frames a second. */
  readonly fps: number;
}

export interface IntervalLimits {
  /** Absences of up to so many seconds do not end an interval. */
  readonly gapS: number;
  /** Intervals shorter than so many seconds are left out. */
  readonly shortestS: number;
}

/** Detectors miss a frame now and then, and see a thing that is none for a moment. */
export const INTERVAL_LIMITS: IntervalLimits = { gapS: 1, shortestS: 0.2 };

/**
 * Puts frames' answers together to intervals.
 *
 * @example
 * ```ts
 * const answers = { present: Uint8Array.of(0, 1, 1), timesMs: Float64Array.of(0, 40, 80), fps: 25 };
 * timeIntervals(answers, { gapS: 0, shortestS: 0 }); // [{ first: 1, last: 2, startMs: 40, endMs: 120 }]
 * ```
 */
export function timeIntervals(answers: VideoAnswers, limits: IntervalLimits): Interval[] {
  const { present, timesMs, fps } = answers;
  const frameMs = 1000 / fps;
  const joinFrames = Math.floor(limits.gapS * fps);
  const framesMin = Math.max(1, Math.ceil(limits.shortestS * fps));
  return markedIntervals(present, { joinFrames, framesMin }).map(({ first, last }) => ({
    first,
    last,
    startMs: timesMs[first] as number,
    endMs: timesMs[last + 1] ?? (timesMs[last] as number) + frameMs,
  }));
}
