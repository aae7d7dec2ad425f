import { open, stat } from "node:fs/promises";
import { usageError } from "../errors.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { openSource } from "../source/open.ts";
import type { FrameGeometry } from "../types.ts";

/** Rate of a source that does not know its own. */
const FPS_DEFAULT = 25;
/** Bytes of a file's start, middle and end that tell it from others. */
const PROBE_BYTES = 1 << 20;

/** Footage of a fixed camera, as a source that can be read again and again. */
export interface Footage {
  /** What `openSource` takes. */
  readonly source: string;
  readonly name: string;
  readonly geometry: FrameGeometry;
  readonly fps: number;
  /** Frames of it that are used. */
  readonly frames: number;
  /** Tells it from other footage: SHA-256 of its name, size and parts of its content. */
  readonly fingerprint: string;
}

/** How much of the footage is used; all of it where nothing is said. */
export interface FootageLimits {
  readonly seconds?: number | undefined;
  readonly frames?: number | undefined;
}

/**
 * Opens stored footage: a video file, or the demo scene with an end.
 * @throws {AipError} `footage-live` for a camera, `footage-endless`, or as `openSource`
 */
export async function openFootage(source: string, limits: FootageLimits = {}): Promise<Footage> {
  const opened = await openSource(source, { pipes: { createPipe, closeFd } });
  try {
    const { name, live, info } = opened;
    if (live) throw usageError("footage-live", `"${source}" is live: record it first`);
    const { geometry, fps = FPS_DEFAULT, frameCount } = info;
    const wanted =
      limits.frames ??
      (limits.seconds === undefined ? undefined : Math.round(limits.seconds * fps));
    const frames = Math.min(frameCount ?? Number.POSITIVE_INFINITY, wanted ?? frameCount ?? 0);
    if (!(frames > 0 && Number.isFinite(frames))) {
      const message = `"${source}" does not say how long it is: say how much of it with --frames`;
      throw usageError("footage-endless", message);
    }
    const size =
      geometry.sourceSize === undefined ? geometry : { ...geometry, ...geometry.sourceSize };
    return { source, name, geometry: size, fps, frames, fingerprint: await fingerprintOf(source) };
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

/** What tells a file from another: its size, and its start, middle and end. */
async function fingerprintOf(source: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  const found = await stat(source).catch(() => null);
  // The demo scene follows from its options alone.
  if (found === null || !found.isFile()) return hash.update(source).digest("hex");
  const file = await open(source, "r");
  try {
    hash.update(String(found.size));
    const last = Math.max(0, found.size - PROBE_BYTES);
    for (const at of [0, Math.floor(last / 2), last]) {
      const bytes = Buffer.alloc(Math.min(PROBE_BYTES, found.size));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
      hash.update(bytes.subarray(0, bytesRead));
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
