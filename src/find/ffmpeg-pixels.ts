import { type AipError, runtimeError } from "../errors.ts";
import { findTool } from "../source/tool.ts";
import type { PictureSize } from "../types.ts";
import type { RgbPicture } from "./digits.ts";

/** A picture of a long video that takes longer will not come. */
const LIMIT_MS = 60_000;

/** In a session of its own: Ctrl-C is for us alone, or a picture would seem unreadable. */
const CHILD = { timeout: LIMIT_MS, killSignal: "SIGKILL", detached: true } as const;

/** Less than frames are apart, and more than a time loses where it is rounded. */
const EARLY_MS = 0.5;

/**
 * Where to send ffmpeg for the frame that begins at a time, and those after it: a little before it,
 * for a frame that is a rounding before the time would be passed over.
 */
export function seekSeconds(timeMs: number): string {
  return (Math.max(0, timeMs - EARLY_MS) / 1000).toFixed(6);
}

/** The signal came while pictures were read or written. */
export function interrupted(): AipError {
  return runtimeError("interrupted", "Interrupted while the contact sheet was made");
}

/**
 * The frame a video shows at a time, scaled.
 *
 * @param timeMs since the file's start
 * @param signal ends it at once
 * @throws {AipError} `picture-unreadable`, `ffmpeg-missing`, `interrupted`
 */
export async function pictureAt(
  path: string,
  timeMs: number,
  { width, height }: PictureSize,
  signal: AbortSignal,
): Promise<RgbPicture> {
  if (signal.aborted) throw interrupted();
  const child = Bun.spawn(
    [
      ...[findTool("ffmpeg"), "-nostdin", "-hide_banner", "-loglevel", "error"],
      ...["-ss", seekSeconds(timeMs), "-i", path, "-map", "0:V:0", "-frames:v", "1"],
      ...["-vf", `scale=${width}:${height}`, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    { ...CHILD, stdio: ["ignore", "pipe", "pipe"], signal },
  );
  const [pixels, said] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  if (signal.aborted) throw interrupted();
  if (pixels.length === 3 * width * height) return { width, height, pixels };
  const reason = said.trim().split("\n").at(-1) || `no frame at ${(timeMs / 1000).toFixed(1)} s`;
  throw runtimeError("picture-unreadable", `Cannot read a picture of "${path}": ${reason}`);
}

/**
 * Writes a picture as JPEG.
 * @throws {AipError} `output-failed`, `ffmpeg-missing`
 */
export async function writeJpeg(path: string, picture: RgbPicture): Promise<void> {
  const child = Bun.spawn(
    [
      ...[findTool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y"],
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${picture.width}x${picture.height}`],
      // Colour in full: at half the size it would wash out lines and letters.
      ...["-i", "pipe:0", "-frames:v", "1", "-pix_fmt", "yuvj444p", "-q:v", "3"],
      ...["-f", "mjpeg", path],
    ],
    { ...CHILD, stdio: [picture.pixels, "ignore", "pipe"] },
  );
  const said = await new Response(child.stderr).text();
  const code = await child.exited;
  if (code === 0) return;
  const reason = said.trim().split("\n").at(-1) || `ffmpeg ended with code ${code}`;
  throw runtimeError("output-failed", `Cannot write "${path}": ${reason}`);
}
