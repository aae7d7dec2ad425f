import { clockMs } from "../../src/native/library.ts";
import type { Sink } from "../../src/sink/sink.ts";
import type { FrameAnswer, FrameView } from "../../src/types.ts";

/** Speed and levels of a run from one of its frames on. */
export class SpanMeter implements Sink {
  readonly name = "span-meter";
  readonly pixels = "none";
  readonly levels: Record<FrameAnswer, number> = { reused: 0, specialized: 0, inferred: 0 };
  readonly #first: number;
  #startedMs = 0;
  #lastMs = 0;
  #frames = 0;

  constructor(first: number) {
    this.#first = first;
  }

  open(): void {}

  write({ frameId, answer }: FrameView): void {
    if (frameId < this.#first) return;
    this.#lastMs = clockMs();
    if (this.#frames === 0) this.#startedMs = this.#lastMs;
    this.#frames += 1;
    if (answer !== undefined) this.levels[answer] += 1;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Frames a second, in the order they leave. */
  get fps(): number {
    return (1000 * (this.#frames - 1)) / (this.#lastMs - this.#startedMs);
  }

  async close(): Promise<void> {}

  outputs(): readonly string[] {
    return [];
  }
}
