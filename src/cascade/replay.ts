import { IGNORED } from "./types.ts";

/** Anchor of frames that rest on the empty picture: their answer is "absent". */
export const NO_ANCHOR = 0xffffffff;

/** Level that answered a frame, as `Replay.answers` has it. */
export const ANSWERS = ["reused", "specialized", "inferred"] as const;
export const REUSED = 0;
export const SPECIALIZED = 1;
export const INFERRED = 2;

export interface GateOptions {
  readonly frames: number;
  /** Every how many frames one is looked at, at least 1. */
  readonly tSkip: number;
  /** Differences below it reuse; null where there is no difference detector. */
  readonly tDiff: number | null;
  /** Difference of a frame to an anchor, or to the empty picture where that is `NO_ANCHOR`. */
  readonly difference: (frame: number, anchor: number) => number;
  /** What frames are compared with. Default `earlier`. */
  readonly mode?: "earlier" | "reference";
}

/**
 * The first two steps of the decision, over all frames of a span: which frame's answer each one
 * has. The first frame is always looked at, and in mode `earlier` answers for itself.
 *
 * @returns u32 [frames], the index of each frame's anchor: its own where it is one, `NO_ANCHOR`
 * where the empty picture answers
 */
export function replayGate(options: GateOptions): Uint32Array {
  const { frames, tSkip, tDiff, difference, mode = "earlier" } = options;
  const anchors = new Uint32Array(frames);
  let last = NO_ANCHOR;
  for (let frame = 0; frame < frames; frame += 1) {
    if (frame % tSkip === 0) {
      const compared = mode === "earlier" ? last : NO_ANCHOR;
      const hasPicture = mode === "reference" || last !== NO_ANCHOR;
      const isSame = tDiff !== null && hasPicture && difference(frame, compared) < tDiff;
      if (!isSame) last = frame;
      else if (mode === "reference") last = NO_ANCHOR;
    }
    anchors[frame] = last;
  }
  return anchors;
}

export interface ReplayOptions {
  /** Index of each frame's anchor, as `replayGate` gives it. */
  readonly anchors: Uint32Array;
  /** Of the specialized network, by frame; only anchors' are read. Null where there is none. */
  readonly scores: Float32Array | null;
  readonly cLow: number;
  readonly cHigh: number;
  /** Answers of the reference model: 1 present, 0 absent; only anchors' are read. */
  readonly reference: Uint8Array;
}

/** What a cascade says about the frames of a span. */
export interface Replay {
  /** Level that answered each frame: `REUSED`, `SPECIALIZED` or `INFERRED`. */
  readonly answers: Uint8Array;
  /** 1 where it says present. */
  readonly present: Uint8Array;
  /** Frames by level. */
  readonly counts: LevelCounts;
}

export interface LevelCounts {
  readonly reused: number;
  readonly specialized: number;
  readonly inferred: number;
}

/** The last two steps of the decision, on frames whose anchors are known. */
export function replayAnswers(options: ReplayOptions): Replay {
  const { anchors, scores, cLow, cHigh, reference } = options;
  const answers = new Uint8Array(anchors.length);
  const present = new Uint8Array(anchors.length);
  const counts = [0, 0, 0] as [number, number, number];
  for (let frame = 0; frame < anchors.length; frame += 1) {
    const anchor = anchors[frame] as number;
    let level: typeof REUSED | typeof SPECIALIZED | typeof INFERRED = REUSED;
    if (anchor === NO_ANCHOR) {
      present[frame] = 0;
    } else if (anchor !== frame) {
      present[frame] = present[anchor] as number;
    } else {
      const score = scores === null ? Number.NaN : (scores[frame] as number);
      level = score < cLow || score > cHigh ? SPECIALIZED : INFERRED;
      present[frame] = level === SPECIALIZED ? Number(score > cHigh) : (reference[frame] as number);
    }
    answers[frame] = level;
    counts[level] += 1;
  }
  const [reused, specialized, inferred] = counts;
  return { answers, present, counts: { reused, specialized, inferred } };
}

/** Wrong answers beside the frames they are shares of. */
export interface ErrorCounts {
  readonly falseNegatives: number;
  /** Frames truly present. */
  readonly present: number;
  readonly falsePositives: number;
  /** Frames truly absent. */
  readonly absent: number;
}

/**
 * Counts what was answered wrongly.
 *
 * @param answers 1 where the cascade says present
 * @param truth 1 present, 0 absent, `IGNORED` where the frame does not count
 */
export function countErrors(answers: Uint8Array, truth: Uint8Array): ErrorCounts {
  let [falseNegatives, present, falsePositives, absent] = [0, 0, 0, 0];
  for (let frame = 0; frame < truth.length; frame += 1) {
    const isPresent = truth[frame] as number;
    if (isPresent === IGNORED) continue;
    if (isPresent === 1) {
      present += 1;
      if (answers[frame] === 0) falseNegatives += 1;
    } else {
      absent += 1;
      if (answers[frame] === 1) falsePositives += 1;
    }
  }
  return { falseNegatives, present, falsePositives, absent };
}
