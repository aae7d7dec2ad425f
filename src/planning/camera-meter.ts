import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameView } from "../types.ts";

/** What live cameras came to, once they were under way. In-order latency in ms. */
export interface MeasuredCameras {
  /** Frames answered a second. */
  readonly throughputFps: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** Frames of the whole run. */
  readonly frames: number;
  readonly dropped: number;
  readonly failed: number;
}

/** Measures what leaves a pipeline; the first frames of each source count for drops alone. */
export class CameraMeter implements Sink {
  readonly name = "camera meter";
  readonly #warmUpFrames: number;
  readonly #latency = new LatencyHistogram();
  #sinceMs = 0;
  #lastMs = 0;
  #frames = 0;
  #dropped = 0;
  #failed = 0;

  /** @param warmUpFrames frames of each source before rates and latencies are measured */
  constructor(warmUpFrames: number) {
    this.#warmUpFrames = warmUpFrames;
  }

  open(): void {
    // Nothing is opened.
  }

  /** HOT. */
  write(frame: FrameView): void {
    this.#frames += 1;
    if (frame.status === "dropped") this.#dropped += 1;
    else if (frame.status === "failed") this.#failed += 1;
    else if (frame.frameId >= this.#warmUpFrames) this.#measure(frame.latencyMs);
  }

  #measure(latencyMs: number): void {
    const nowMs = performance.now();
    if (this.#sinceMs === 0) {
      // The interval begins with this frame, which therefore is not counted in it.
      this.#sinceMs = nowMs;
      return;
    }
    this.#lastMs = nowMs;
    this.#latency.record(latencyMs);
  }

  result(): MeasuredCameras {
    const latency = this.#latency;
    const elapsedMs = this.#lastMs - this.#sinceMs;
    return {
      throughputFps: elapsedMs > 0 ? (1000 * latency.count) / elapsedMs : 0,
      latencyMs: {
        p50: latency.percentile(50),
        p95: latency.percentile(95),
        p99: latency.percentile(99),
      },
      frames: this.#frames,
      dropped: this.#dropped,
      failed: this.#failed,
    };
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  outputs(): readonly string[] {
    return [];
  }
}
