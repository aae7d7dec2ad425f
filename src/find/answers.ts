import type { Question } from "../cascade/types.ts";
import { usageError } from "../errors.ts";
import { readNdjson } from "../sink/ndjson-reader.ts";
import type { FrameAnswer, PictureSize } from "../types.ts";
import type { VideoAnswers } from "./intervals.ts";
import { Sightings } from "./sightings.ts";

/** Rate of a video of one frame. */
const FPS_DEFAULT = 25;

/** Answers of a whole video, and how many frames each level gave. */
export interface ReadAnswers extends VideoAnswers {
  readonly frames: number;
  /** Of the pictures. */
  readonly size: PictureSize;
  /** Frames that failed or were dropped. */
  readonly unanswered: number;
  readonly levels: Readonly<Record<FrameAnswer, number>>;
  /** What the reference model saw. */
  readonly sightings: Sightings;
}

/**
 * Reads the answers that a run with a cascade wrote as NDJSON.
 *
 * @param question the cascade's
 * @throws {AipError} `results-unreadable`, `results-malformed`, also where a frame is missing: all
 * after it would be taken for others
 */
export async function readAnswers(path: string, question: Question): Promise<ReadAnswers> {
  const present: number[] = [];
  const timesMs: number[] = [];
  const levels = { reused: 0, specialized: 0, inferred: 0 };
  const sightings = new Sightings(question);
  let unanswered = 0;
  let size: PictureSize = { width: 1, height: 1 };
  for await (const frame of readNdjson(path)) {
    if (frame.frame !== timesMs.length) {
      const places = `frame ${frame.frame} stands where frame ${timesMs.length} should`;
      const message = `Cannot use the answers in "${path}": ${places}; remove it and search again`;
      throw usageError("results-malformed", message);
    }
    timesMs.push(frame.timeMs);
    size = { width: frame.width, height: frame.height };
    if (frame.present === undefined) unanswered += 1;
    else levels[frame.answer ?? "inferred"] += 1;
    const isPresent = frame.present ?? present.at(-1) === 1;
    present.push(Number(isPresent));
    sightings.push(frame, isPresent);
  }
  return {
    present: Uint8Array.from(present),
    timesMs: Float64Array.from(timesMs),
    fps: meanRate(timesMs),
    frames: present.length,
    size,
    unanswered,
    levels,
    sightings,
  };
}

function meanRate(timesMs: readonly number[]): number {
  const lastedMs = (timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0);
  return lastedMs > 0 ? ((timesMs.length - 1) * 1000) / lastedMs : FPS_DEFAULT;
}
