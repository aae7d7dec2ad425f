import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { runtimeError } from "../errors.ts";
import type { EncoderChoice } from "../sink/encoder.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { partPathOf } from "../sink/part-path.ts";
import { runTool } from "../source/tool.ts";
import { clockText } from "./clock-text.ts";
import type { Interval } from "./intervals.ts";

/** Encoding keeps far ahead of that, whatever the machine. */
const LIMIT_PER_MS = 60;
const LIMIT_MS_MIN = 120_000;

/** A video to cut clips from. */
export interface ClipSource {
  readonly path: string;
  /** What clips are named after. */
  readonly name: string;
}

/**
 * Name of an interval's clip: equal for equal intervals, so that a second run knows it.
 *
 * @example
 * ```text
 * door-0.12.34.0.mp4
 * ```
 */
export function clipName(name: string, { startMs }: Pick<Interval, "startMs">): string {
  return `${name}-${clockText(startMs).replaceAll(":", ".")}.mp4`;
}

/**
 * Cuts an interval out of a video, to the frame: its first picture need not be one that a decoder
 * can begin with, so it is encoded anew. A clip that is there already stays.
 *
 * @returns its path
 * @throws {AipError} `output-failed`, `ffmpeg-missing`
 */
export async function writeClip(
  folder: string,
  { path, name }: ClipSource,
  interval: Interval,
  { encoder, signal }: { readonly encoder: EncoderChoice; readonly signal: AbortSignal },
): Promise<string> {
  const target = join(folder, clipName(name, interval));
  const part = partPathOf(target);
  try {
    await mkdir(folder, { recursive: true });
    if (await isFile(target)) return target;
    const lengthMs = interval.endMs - interval.startMs;
    const result = await runTool(
      "ffmpeg",
      [
        ...["-nostdin", "-hide_banner", "-loglevel", "error", "-y"],
        ...["-ss", (interval.startMs / 1000).toFixed(3), "-i", path],
        ...["-t", (lengthMs / 1000).toFixed(3), "-map", "0:V:0", "-map", "0:a?"],
        ...encoder.arguments,
        ...["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p", "-c:a", "aac"],
        ...["-movflags", "+faststart", "-f", "mp4", part],
      ],
      Math.max(LIMIT_MS_MIN, LIMIT_PER_MS * lengthMs),
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

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
