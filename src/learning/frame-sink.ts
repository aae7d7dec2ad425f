import { runtimeError } from "../errors.ts";
import { type Address, addressOf } from "../native/library.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameView, RunContext } from "../types.ts";

/** What is done with every frame's pixels; called in order, must not keep the address. */
export type FrameVisitor = (slot: Address, frameId: number) => void;

/** Shows each frame's pixels, where they lie. */
class FrameSink implements Sink {
  readonly name = "frames";
  readonly pixels = "native";
  readonly #visit: FrameVisitor;
  #context: RunContext | undefined;
  #base = 0;

  constructor(visit: FrameVisitor) {
    this.#visit = visit;
  }

  open(context: RunContext): void {
    this.#context = context;
    this.#base = addressOf(new Uint8Array(context.arena));
  }

  /** HOT: every frame. */
  write(frame: FrameView): void {
    if (frame.status !== "ok" || this.#context === undefined) return;
    this.#visit(this.#base + this.#context.slotOffsetBytes(frame.slotIndex), frame.frameId);
  }

  async close(): Promise<void> {}

  outputs(): readonly string[] {
    return [];
  }
}

export interface VisitOptions {
  readonly source: string;
  /** Frames of it that are shown. */
  readonly frames: number;
  readonly signal: AbortSignal;
  /** For the progress line. */
  readonly sinks: readonly Sink[];
}

/**
 * Shows the pixels of a source's frames at the speed of its decoder, through a run whose device
 * answers at once.
 *
 * @throws {AipError} `interrupted`, or where the source cannot be read
 */
export async function visitFrames(options: VisitOptions, visit: FrameVisitor): Promise<void> {
  const { source, frames, signal, sinks } = options;
  const pipeline = new Pipeline({
    sources: source,
    frames,
    devices: "sim:0ms",
    signal,
    sinks: [new FrameSink(visit), ...sinks],
  });
  await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  if (signal.aborted) throw runtimeError("interrupted", `Interrupted while "${source}" was read`);
}
