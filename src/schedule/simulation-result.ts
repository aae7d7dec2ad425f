import type { FrameCounts } from "../metrics/report.ts";
import type { SourceCounts } from "./modelled-source.ts";

/** In-order latency in ms: from a frame's arrival, or its slot where it need not wait to arrive. */
export interface SimulatedLatency {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What a simulation came to. Rates and latencies are those after the warm-up. */
export interface SimulationResult {
  readonly frames: FrameCounts;
  readonly sources: readonly SourceCounts[];
  readonly devices: readonly {
    /** Frames it answered. */
    readonly frames: number;
    /** Share of the time in which it did. */
    readonly busyRatio: number;
    /** Given up: lost more often than it is restarted. */
    readonly out: boolean;
  }[];
  /** Frames given to a second device. */
  readonly retries: number;
  readonly throughputFps: number;
  readonly latencyMs: SimulatedLatency;
  /** Simulated time until the last frame left. */
  readonly elapsedMs: number;
}

/** Latencies and rate of the frames that leave, the first `warmUp` of them left out. */
export class LeavingMeter {
  readonly #latencies: Float64Array;
  readonly #warmUp: number;
  #left = 0;
  #measured = 0;
  #sinceMs = 0;
  #lastMs = 0;

  /** @param frameCount frames that can leave, warm-up included */
  constructor(frameCount: number, warmUp: number) {
    this.#latencies = new Float64Array(Math.max(0, frameCount - warmUp));
    this.#warmUp = warmUp;
  }

  /** A frame left with an answer. HOT. */
  emitted(nowMs: number, latencyMs: number): void {
    this.#lastMs = nowMs;
    if (this.#left >= this.#warmUp) {
      this.#latencies[this.#measured] = latencyMs;
      this.#measured += 1;
    }
    this.marked(nowMs);
  }

  /** A frame left as a marker. */
  marked(nowMs: number): void {
    this.#left += 1;
    if (this.#left === this.#warmUp) this.#sinceMs = nowMs;
  }

  /** Infinite where what was measured left at one moment; 0 where nothing was. */
  get throughputFps(): number {
    const elapsedMs = this.#lastMs - this.#sinceMs;
    if (this.#measured === 0) return 0;
    return elapsedMs > 0 ? (1000 * this.#measured) / elapsedMs : Number.POSITIVE_INFINITY;
  }

  /** Exact percentiles by nearest rank; all 0 where nothing was measured. */
  latency(): SimulatedLatency {
    const sorted = this.#latencies.slice(0, this.#measured).sort();
    const { length } = sorted;
    if (length === 0) return { mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 };
    const rank = (percent: number): number =>
      sorted[Math.max(0, Math.ceil((percent / 100) * length) - 1)] as number;
    const mean = sorted.reduce((sum, value) => sum + value, 0) / length;
    return { mean, p50: rank(50), p90: rank(90), p95: rank(95), p99: rank(99), max: rank(100) };
  }
}
