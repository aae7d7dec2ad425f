import { mkdir, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { runtimeError, usageError } from "../errors.ts";
import type { EncoderChoice } from "../sink/encoder.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { partPathOf } from "../sink/part-path.ts";
import { runTool } from "../source/tool.ts";
import { clockText } from "./clock-text.ts";
import { seekSeconds } from "./ffmpeg-pixels.ts";
import type { Interval } from "./intervals.ts";

/** Encoding keeps far ahead of that, whatever the machine. */
const LIMIT_PER_MS = 60;
const LIMIT_MS_MIN = 120_000;
/** The timer of a process counts in 32 bits. */
const LIMIT_MS_MAX = 2 ** 31 - 1;

/** A video to cut clips from. */
export interface ClipSource {
  readonly path: string;
  /** What clips are named after. */
  readonly name: string;
  /** When its first frame comes, in ms since the file's start. */
  readonly startMs: number;
}

export interface ClipOptions {
  readonly encoder: EncoderChoice;
  readonly signal: AbortSignal;
  /** Real paths of the videos searched: no clip takes the place of one. Default: none. */
  readonly searched?: ReadonlySet<string>;
}

/**
 * Name of an interval's clip: no other interval of the video has it.
 *
 * @example
 * ```text
 * door-0.12.34.000-0.12.40.520.mp4
 * ```
 */
export function clipName(
  name: string,
  { startMs, endMs }: Pick<Interval, "startMs" | "endMs">,
): string {
  const [start, end] = [startMs, endMs].map((ms) => clockText(ms, 3).replaceAll(":", "."));
  return `${name}-${start}-${end}.mp4`;
}

/** How long encoding a clip may take, in whole ms. */
export function clipLimitMs(lengthMs: number): number {
  return Math.min(Math.max(LIMIT_MS_MIN, Math.ceil(LIMIT_PER_MS * lengthMs)), LIMIT_MS_MAX);
}

/**
 * Cuts an interval out of a video, to the frame: its first picture need not be one that a decoder
 * can begin with, so it is encoded anew. It is there whole or not at all; a file of its name is
 * replaced, as it may be of another video, but none that is searched.
 *
 * @returns its path
 * @throws {AipError} `output-failed`, `output-is-input`, `ffmpeg-missing`
 */
export async function writeClip(
  folder: string,
  { path, name, startMs }: ClipSource,
  interval: Interval,
  { encoder, signal, searched }: ClipOptions,
): Promise<string> {
  const target = join(folder, clipName(name, interval));
  const part = partPathOf(target);
  try {
    await mkdir(folder, { recursive: true });
    if (searched?.has(join(await realpath(folder), clipName(name, interval)))) {
      const message = `Cannot write "${target}": it is one of the videos searched; name another folder`;
      throw usageError("output-is-input", message);
    }
    const lengthMs = interval.endMs - interval.startMs;
    const from = seekSeconds(startMs + interval.startMs);
    // To where ffmpeg would be sent for the first frame that is not wanted.
    const length = (Number(seekSeconds(startMs + interval.endMs)) - Number(from)).toFixed(6);
    const result = await runTool(
      "ffmpeg",
      [
        ...["-nostdin", "-hide_banner", "-loglevel", "error", "-y"],
        ...["-ss", from, "-i", path, "-t", length, "-map", "0:V:0", "-map", "0:a?"],
        ...encoder.arguments,
        ...["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p", "-c:a", "aac"],
        ...["-movflags", "+faststart", "-f", "mp4", part],
      ],
      clipLimitMs(lengthMs),
      signal,
    );
    if (signal.aborted) throw runtimeError("interrupted", "Interrupted while clips were written");
    if (result.exitCode !== 0) {
      const reason = result.stderr.trim().split("\n").at(-1) || "ffmpeg was ended";
      throw runtimeError("output-failed", `Cannot write "${target}": ${reason}`);
    }
    await rename(part, target);
    return target;
  } catch (cause) {
    await rm(part, { force: true });
    if ((cause as Error).name === "AipError") throw cause;
    throw runtimeError("output-failed", `Cannot write "${target}": ${reasonOf(cause)}`, cause);
  }
}
