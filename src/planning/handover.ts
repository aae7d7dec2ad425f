import { Pipeline } from "../pipeline/pipeline.ts";
import { patternSource } from "../source/pattern.ts";

/** Long beside a handover's spread, short beside the patience of whoever waits. */
const SERVICE_MS = 4;
const FRAMES = 200;

/**
 * Measures how long a device waits from one frame's result to the next frame, in ms: the manager
 * wakes up, and then the worker. A simulated device takes exactly its time on average, so that the
 * rest of a frame's time at saturation is the handover.
 */
export async function measureHandover(signal?: AbortSignal): Promise<number> {
  await using pipeline = new Pipeline({
    sources: [patternSource({ width: 64, height: 64, frameCount: FRAMES, write: false })],
    devices: `sim:${SERVICE_MS}ms`,
    ...(signal !== undefined && { signal }),
  });
  const report = await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  return Math.max(0, (1000 * report.wall_s) / Math.max(1, report.frames.emitted) - SERVICE_MS);
}
