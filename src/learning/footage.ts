import { usageError } from "../errors.ts";
import { type Fingerprint, fingerprintOf } from "../footage/fingerprint.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { openSource } from "../source/open.ts";
import type { FrameGeometry } from "../types.ts";

/** Rate of a source that does not know its own. */
const FPS_DEFAULT = 25;

/** Footage of a fixed camera, as a source that can be read again and again. */
export interface Footage {
  /** What `openSource` takes. */
  readonly source: string;
  readonly name: string;
  readonly geometry: FrameGeometry;
  readonly fps: number;
  /** Frames of it that are used. */
  readonly frames: number;
  readonly fingerprint: Fingerprint;
}

/** How much of the footage is used; all of it where nothing is said. */
export interface FootageLimits {
  readonly seconds?: number | undefined;
  readonly frames?: number | undefined;
}

/**
 * Opens stored footage: a video file, or the demo scene with an end.
 * @throws {AipError} `footage-endless`, or as `fingerprintOf`
 */
export async function openFootage(source: string, limits: FootageLimits = {}): Promise<Footage> {
  const fingerprint = await fingerprintOf(source);
  const opened = await openSource(source, { pipes: { createPipe, closeFd } });
  try {
    const { name, info } = opened;
    const { geometry, fps = FPS_DEFAULT, frameCount } = info;
    const wanted = limits.frames ?? framesIn(limits.seconds, fps);
    const frames = Math.min(frameCount ?? Number.POSITIVE_INFINITY, wanted ?? frameCount ?? 0);
    if (!(frames > 0 && Number.isFinite(frames))) {
      const message = `"${source}" does not say how long it is: say how much of it with --frames`;
      throw usageError("footage-endless", message);
    }
    return { source, name, geometry, fps, frames, fingerprint };
  } finally {
    await opened.close();
  }
}

/** Whether it is a camera, whose frames come but once. @throws {AipError} as `openSource` */
export async function isLive(source: string): Promise<boolean> {
  const opened = await openSource(source, { pipes: { createPipe, closeFd } });
  await opened.close();
  return opened.live;
}

function framesIn(seconds: number | undefined, fps: number): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.round(seconds * fps));
}
