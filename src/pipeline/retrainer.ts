import { budgetOf } from "../cascade/file/budget.ts";
import { FootageShortage } from "../cascade/footage-shortage.ts";
import { splitSpans } from "../cascade/spans.ts";
import { AipError } from "../errors.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { findArchitecture } from "../training/architectures.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { LabelledFrames } from "./tape-recorder.ts";

/** Side of the colour thumbnails where the cascade has no network. */
const SIDE_DEFAULT = 50;

/** What a cascade is to be trained on anew. */
export interface RetrainTask {
  readonly footage: LabelledFrames;
  /** Name of the source. */
  readonly source: string;
  /** Frames a second that were labelled: less than the source's where some were dropped. */
  readonly fps: number;
  /** The one that is not what it was. */
  readonly cascade: RunCascade;
  readonly signal: AbortSignal;
}

/**
 * Trains a cascade anew and validates it, without keeping this thread busy.
 * Rejects with an `AipError` of category `usage` where the footage cannot support one yet; where it
 * is known how much would, with a `FootageShortage`.
 */
export type Retrainer = (task: RetrainTask) => Promise<RunCascade>;

/** What a cascade's next training reads of footage. */
export interface LabelNeeds {
  /** Side of the colour thumbnails. */
  readonly side: number;
  /** Largest distance of frames with thumbnails that does: those it passes over need none. */
  readonly strideMax: number;
  /** Bytes of one frame's thumbnails. */
  readonly thumbnailBytes: number;
}

export function labelNeeds({ screen, file }: RunCascade): LabelNeeds {
  const levels = screen.kind === "cascade" ? screen.levels : null;
  const architecture = findArchitecture(file?.provenance.architecture ?? null);
  const side = architecture?.side ?? levels?.network?.side ?? SIDE_DEFAULT;
  return {
    side,
    strideMax: levels?.tSkip ?? 1,
    thumbnailBytes: LUMA_SIDE * LUMA_SIDE + 3 * side * side,
  };
}

/** Labelled frames with which a training may go better than it did; 0 where nobody can tell. */
export function framesNeeded(error: unknown): number {
  const needed = error instanceof FootageShortage ? error.framesNeeded : 0;
  return Number.isFinite(needed) ? needed : 0;
}

/**
 * What counting shows the labels to lack, so that no training would do; null where it may. Frames that
 * are held out are taken to be independent, which is generous.
 */
export function labelShortage({
  footage: { truth },
  fps,
  cascade: { file, question },
}: Pick<RetrainTask, "footage" | "fps" | "cascade">): AipError | null {
  if (file === null) return null;
  const budget = budgetOf(file);
  try {
    splitSpans({ truth, fps, budget, object: question.classes.join(" or ") });
  } catch (error) {
    if (error instanceof AipError) return error;
    throw error;
  }
  return null;
}
