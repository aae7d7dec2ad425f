import { type AipError, runtimeError } from "../errors.ts";
import { formatCount, formatCountOf } from "../metrics/number-format.ts";
import type { FfmpegExit } from "./ffmpeg-process.ts";
import type { SegmentResult } from "./source.ts";

/** How a file's decoder ended, and what was expected of it. */
export interface Ending extends SegmentResult {
  /** For people: `"clip.mp4"`. */
  readonly spec: string;
  readonly exit: Pick<FfmpegExit, "code" | "signal" | "stopped"> & {
    readonly log: Pick<FfmpegExit["log"], "cutShort" | "hungUp" | "last">;
  };
  /** Frames announced by the container, where it does. */
  readonly frameCount?: number;
  /** The container's own structure says that its end is missing. */
  readonly cutShort: boolean;
}

/**
 * Judges the end of a file: null where all was read, else the error that says what broke it off.
 * Frames read before are good in any case.
 */
export function judgeEnding(ending: Ending): AipError | null {
  const { spec, frames, partialBytes, exit, frameCount } = ending;
  const { log } = exit;
  // We ended it, or our reader had enough.
  if (exit.stopped || (log.hungUp && exit.signal === null)) return null;
  const after =
    frameCount === undefined
      ? formatCountOf(frames, "frame")
      : `${formatCount(frames)} of ${formatCountOf(frameCount, "frame")}`;
  if (exit.signal !== null) {
    const message = `Reading "${spec}" broke off after ${after}: ffmpeg was ended by ${exit.signal}`;
    return runtimeError("decoder-killed", message);
  }
  if (ending.cutShort || log.cutShort !== undefined) {
    const reason = log.cutShort === undefined ? "the file is incomplete" : log.cutShort;
    return runtimeError("source-cut-short", `"${spec}" is cut short after ${after}: ${reason}`);
  }
  if (exit.code !== 0) {
    const reason = log.last ?? `ffmpeg ended with code ${exit.code}`;
    return runtimeError(
      "source-broke-off",
      `Reading "${spec}" broke off after ${after}: ${reason}`,
    );
  }
  if (frames === 0) {
    const reason = log.last === undefined ? "" : ` (${log.last})`;
    return runtimeError("source-no-frames", `"${spec}" has no frame that can be decoded${reason}`);
  }
  if (partialBytes > 0) {
    const message = `Reading "${spec}" broke off inside the frame after ${after}`;
    return runtimeError("source-broke-off", message);
  }
  return null;
}

/** The note about pictures that could not be decoded cleanly; empty where all could. */
export function decodeErrorNotes(errorCount: number, last: string | undefined): string[] {
  if (errorCount === 0) return [];
  const count = formatCountOf(errorCount, "decoding error");
  return [last === undefined ? count : `${count}, the last: ${last}`];
}
