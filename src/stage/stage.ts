import type { Frame, FrameStatus } from "../types.ts";

/**
 * A frame on its way out, in order: a window onto shared memory, valid only during the call it is
 * passed to. One object serves all frames; `copy()` gives one to keep.
 */
export interface FrameView {
  readonly sourceIndex: number;
  /** Number of the frame in its source. */
  readonly frameId: number;
  readonly status: FrameStatus;
  /** Presentation time in ms. */
  readonly timeMs: number;
  readonly width: number;
  readonly height: number;
  /** Index of the device instance that answered; -1 where none did. */
  readonly deviceIndex: number;
  /** From arrival to now, in ms. */
  readonly latencyMs: number;
  readonly detectionCount: number;
  /** Slot with the frame's pixels, or -1 where it was dropped. */
  readonly slotIndex: number;
  /** Result block, or -1 where there is none. */
  readonly resultIndex: number;
  /**
   * Detection records, 8 numbers each (see the layout's `detection`): coordinates and confidence
   * in `f32`, class and track in `i32` at the same indices.
   */
  readonly detectionsF32: Float32Array;
  readonly detectionsI32: Int32Array;
  /** Ground-truth records in the same form; `truthCount` is 0 where the source has none. */
  readonly truthCount: number;
  readonly truthF32: Float32Array;
  readonly truthI32: Int32Array;
  /** Why it failed or was dropped. */
  readonly error: string | undefined;
  /** Keeps slot and result block until `release(slotIndex)` is called on the context. */
  hold(): void;
  /** A plain copy that stays valid. */
  copy(): Frame;
}

/** What stages and sinks are told before the first frame. */
export interface RunContext {
  readonly sources: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly fps: number;
    readonly truthClasses: readonly string[];
  }[];
  readonly devices: readonly { readonly id: string; readonly kind: string }[];
  /** Class names, class 0 first; empty where the model names none. */
  readonly labels: readonly string[];
  /** The arena, for a worker of the sink's own. */
  readonly arena: SharedArrayBuffer;
  /** Byte offset of a slot, and of a result block, in the arena. */
  slotOffsetBytes(slotIndex: number): number;
  resultOffsetBytes(resultIndex: number): number;
  /** Gives a held frame back. */
  release(slotIndex: number): void;
  /** Ends the run with this error. */
  fail(error: Error): void;
}

/**
 * A step every frame passes in order after inference, before the sinks: tracking, zones, counting.
 * It may rewrite detections in place (a track id, say).
 */
export interface Stage {
  readonly name: string;
  open?(context: RunContext): void | Promise<void>;
  /** In order per source; must not block. */
  process(frame: FrameView): void;
  close?(): void | Promise<void>;
}
