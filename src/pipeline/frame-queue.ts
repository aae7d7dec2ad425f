import type { Sink } from "../sink/sink.ts";
import type { Frame, FrameView, RunContext } from "../types.ts";

/**
 * The sink behind `for await (const frame of pipeline)`: copies each frame and keeps its slot until
 * the reader has taken it, so that a slow reader slows the pipeline down instead of filling memory.
 */
export class FrameQueue implements Sink {
  readonly name = "iterator";
  readonly pixels = "none";
  readonly #frames: { readonly frame: Frame; readonly slotIndex: number }[] = [];
  #context: RunContext | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  open(context: RunContext): void {
    this.#context = context;
  }

  write(frame: FrameView): void {
    if (this.#closed) return;
    frame.hold();
    this.#frames.push({ frame: frame.copy(), slotIndex: frame.slotIndex });
    this.#wake?.();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    return Promise.resolve();
  }

  outputs(): readonly string[] {
    return [];
  }

  /** The next frame, or undefined after the last. */
  async next(): Promise<Frame | undefined> {
    while (this.#frames.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const taken = this.#frames.shift();
    if (taken === undefined) return undefined;
    if (taken.slotIndex >= 0) this.#context?.release(taken.slotIndex);
    return taken.frame;
  }

  /** The reader has gone: frees what it did not take, and keeps no more. */
  abandon(): void {
    this.#closed = true;
    for (const { slotIndex } of this.#frames.splice(0)) {
      if (slotIndex >= 0) this.#context?.release(slotIndex);
    }
  }
}
