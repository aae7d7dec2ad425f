import { runtimeError } from "../errors.ts";
import { findTool } from "../source/tool.ts";
import { LUMA_SIDE } from "./luma-side.ts";
import { spreadFrames } from "./view-statistics.ts";

const PICTURE = LUMA_SIDE * LUMA_SIDE;
const PICTURES = 48;
/** Decoders at a time: each has a thread or two to itself. */
const DECODERS = 4;
/** A key frame takes milliseconds; a file that cannot be searched is read through instead. */
const LIMIT_MS = 5000;

/** A video file, and how much of it is looked at. */
export interface SpreadOptions {
  readonly path: string;
  readonly frames: number;
  readonly fps: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a few dozen pictures spread over a video file, in a second or two whatever its length: each
 * is the key frame that a decoder finds where it is sent, which may be one twice. A picture that
 * cannot be had so is left out.
 *
 * @returns luma of the whole pictures, u8 [n, 50, 50], in order of time; n may be 0
 * @throws {AipError} `interrupted`, `ffmpeg-missing`
 */
export async function spreadPictures(options: SpreadOptions): Promise<Uint8Array> {
  const { path, frames, fps, signal } = options;
  const wanted = spreadFrames(frames, PICTURES);
  const pictures: (Uint8Array | null)[] = [];
  let next = 0;
  let isSearchable = true;
  const decode = async (): Promise<void> => {
    while (next < wanted.length && isSearchable && !signal.aborted) {
      const index = next;
      next += 1;
      const picture = await keyFrameAt(path, (wanted[index] as number) / fps, signal);
      // One that takes too long is not the last one.
      if (picture === "late") isSearchable = false;
      else pictures[index] = picture;
    }
  };
  await Promise.all(Array.from({ length: DECODERS }, decode));
  if (signal.aborted) throw runtimeError("interrupted", `Interrupted while "${path}" was read`);
  const read = pictures.filter((picture) => picture !== null && picture !== undefined);
  const luma = new Uint8Array(read.length * PICTURE);
  for (const [index, picture] of read.entries()) luma.set(picture, index * PICTURE);
  return luma;
}

/** The last key frame before a time; null where there is none, "late" where it takes too long. */
async function keyFrameAt(
  path: string,
  seconds: number,
  signal: AbortSignal,
): Promise<Uint8Array | "late" | null> {
  const child = Bun.spawn(
    [
      ...[findTool("ffmpeg"), "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"],
      ...["-noaccurate_seek", "-skip_frame", "nokey", "-ss", seconds.toFixed(3), "-i", path],
      ...["-map", "0:V:0", "-frames:v", "1", "-vf", `scale=${LUMA_SIDE}:${LUMA_SIDE}:flags=area`],
      ...["-pix_fmt", "gray", "-f", "rawvideo", "pipe:1"],
    ],
    // In a session of its own: Ctrl-C is for us alone.
    {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
      signal,
    },
  );
  const pixels = await new Response(child.stdout).bytes();
  await child.exited;
  if (child.signalCode !== null) return "late";
  return pixels.length === PICTURE ? pixels : null;
}
