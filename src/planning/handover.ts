import { ResultDescriptor } from "../layout/layout.gen.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { Sink } from "../sink/sink.ts";
import { patternSource } from "../source/pattern.ts";
import type { FrameView, RunContext } from "../types.ts";

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
  const meter = new GapMeter();
  await using pipeline = new Pipeline({
    sources: [patternSource({ width: 64, height: 64, frameCount: FRAMES, write: false })],
    devices: `sim:${SERVICE_MS}ms`,
    sinks: [meter],
    ...(signal !== undefined && { signal }),
  });
  await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  return meter.meanMs();
}

/** Gaps between the frames of a run's only device. */
class GapMeter implements Sink {
  readonly name = "gap meter";
  readonly #gapsMs: number[] = [];
  #context: RunContext | undefined;
  #doubles: Float64Array = new Float64Array();
  #finishedMs = 0;

  open(context: RunContext): void {
    this.#context = context;
    this.#doubles = new Float64Array(context.arena);
  }

  write({ resultIndex }: FrameView): void {
    if (this.#context === undefined || resultIndex < 0) return;
    const at = this.#context.resultOffsetBytes(resultIndex);
    const startedMs = this.#doubles[(at + ResultDescriptor.startedMs) / 8] as number;
    if (this.#finishedMs > 0) this.#gapsMs.push(startedMs - this.#finishedMs);
    this.#finishedMs = this.#doubles[(at + ResultDescriptor.finishedMs) / 8] as number;
  }

  meanMs(): number {
    const counted = Math.ceil(COUNTED_SHARE * this.#gapsMs.length);
    const shortest = this.#gapsMs.toSorted((a, b) => a - b).slice(0, counted);
    return shortest.reduce((sum, gapMs) => sum + gapMs, 0) / Math.max(1, counted);
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  outputs(): readonly string[] {
    return [];
  }
}
