import { runtimeError } from "../errors.ts";
import { Pipeline } from "../pipeline/pipeline.ts";

export interface RecordOptions {
  readonly camera: string;
  /** File to write, an .mp4. */
  readonly path: string;
  /** How long it is watched, unless `frames` says it. */
  readonly seconds: number;
  readonly frames?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Records what a camera shows, so that it can be read again and again.
 * @throws {AipError} `interrupted`, or where the camera cannot be read
 */
export async function recordCamera(options: RecordOptions): Promise<void> {
  const { camera, path, seconds, frames, signal } = options;
  const pipeline = new Pipeline({
    sources: camera,
    devices: "sim:0ms",
    annotate: path,
    signal,
    ...(frames !== undefined && { frames }),
  });
  const timer =
    frames === undefined ? setTimeout(() => pipeline.stop(), 1000 * seconds) : undefined;
  try {
    await pipeline.run();
  } finally {
    clearTimeout(timer);
  }
  if (pipeline.error !== null) throw pipeline.error;
  if (signal.aborted) {
    const message = `Interrupted while "${camera}" was watched: nothing was learnt`;
    throw runtimeError("interrupted", message);
  }
}
