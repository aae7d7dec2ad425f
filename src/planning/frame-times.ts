import { ResultDescriptor, SlotHeader } from "../layout/layout.gen.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameView, RunContext } from "../types.ts";

/** An answered frame of a trial. Times in ms, clocks monotonic. */
export interface FrameTimes {
  readonly frameId: number;
  /** Kind of the device that answered. */
  readonly kind: string;
  /** How long its reader was at it. */
  readonly readMs: number;
  readonly startedMs: number;
  readonly finishedMs: number;
}

/** A sink that tells the times of each answered frame as it leaves. */
export class FrameTimesSink implements Sink {
  readonly name = "frame times";
  readonly #see: (times: FrameTimes) => void;
  #context: RunContext | undefined;
  #doubles: Float64Array = new Float64Array();
  #floats: Float32Array = new Float32Array();

  constructor(see: (times: FrameTimes) => void) {
    this.#see = see;
  }

  open(context: RunContext): void {
    this.#context = context;
    this.#doubles = new Float64Array(context.arena);
    this.#floats = new Float32Array(context.arena);
  }

  write({ frameId, deviceIndex, slotIndex, resultIndex }: FrameView): void {
    if (this.#context === undefined || slotIndex < 0 || resultIndex < 0) return;
    const { devices } = this.#context;
    const slot = this.#context.slotOffsetBytes(slotIndex);
    const result = this.#context.resultOffsetBytes(resultIndex);
    this.#see({
      frameId,
      kind: devices[deviceIndex]?.kind ?? "",
      readMs: this.#floats[(slot + SlotHeader.decodeMs) / 4] as number,
      startedMs: this.#doubles[(result + ResultDescriptor.startedMs) / 8] as number,
      finishedMs: this.#doubles[(result + ResultDescriptor.finishedMs) / 8] as number,
    });
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  outputs(): readonly string[] {
    return [];
  }
}
