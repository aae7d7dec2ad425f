import { Pipeline } from "../pipeline/pipeline.ts";
import { patternSource } from "../source/pattern.ts";
import { type FrameTimes, FrameTimesSink } from "./frame-times.ts";

/** Long beside a handover's spread, short beside the patience of whoever waits. */
const SERVICE_MS = 4;
const FRAMES = 200;
/** Hiccups of the machine are no handovers: the longest gaps do not count. */
const COUNTED_SHARE = 0.9;

/**
 * Measures how long a saturated device waits from one frame's result to the next frame, in ms: the
 * manager wakes up, and then the worker.
 */
export async function measureHandover(signal?: AbortSignal): Promise<number> {
  const gaps = new Gaps();
  await using pipeline = new Pipeline({
    sources: [patternSource({ width: 64, height: 64, frameCount: FRAMES, write: false })],
    devices: `sim:${SERVICE_MS}ms`,
    sinks: [new FrameTimesSink((times) => gaps.see(times))],
    ...(signal !== undefined && { signal }),
  });
  await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  return gaps.meanMs();
}

/** Gaps between the frames of a run's only device. */
class Gaps {
  readonly #gapsMs: number[] = [];
  #finishedMs = 0;

  see({ startedMs, finishedMs }: FrameTimes): void {
    if (this.#finishedMs > 0) this.#gapsMs.push(startedMs - this.#finishedMs);
    this.#finishedMs = finishedMs;
  }

  meanMs(): number {
    const counted = Math.ceil(COUNTED_SHARE * this.#gapsMs.length);
    const shortest = this.#gapsMs.toSorted((a, b) => a - b).slice(0, counted);
    return shortest.reduce((sum, gapMs) => sum + gapMs, 0) / Math.max(1, counted);
  }
}
