import type { IngestSegment } from "../source/source.ts";

/** What a worker is told first. */
export interface FootageStart {
  readonly type: "start";
  readonly region: readonly [x1: number, y1: number, x2: number, y2: number] | null;
  /** One word of shared memory: not 0 ends the reading, native waits included. */
  readonly stop: Int32Array;
}

/** Where copies go: memory shared with the reader. */
export interface FootageRoom {
  /** Presentation times in ms, f64 [frames]. */
  readonly timesMs: Float64Array;
  /** u8 [frames, 50, 50]. */
  readonly luma: Uint8Array;
  /** u8 [chosen frames, 3, side, side], one for each size. */
  readonly colour: readonly { readonly side: number; readonly data: Uint8Array }[];
}

/** Has a stretch of frames copied; those before it are passed over. */
export interface FootageTask {
  readonly type: "fill";
  readonly start: number;
  /** The frame after the last one. */
  readonly end: number;
  /** Frames of the stretch whose colours are wanted, ascending. */
  readonly chosen: Uint32Array;
  readonly room: FootageRoom;
}

export type FootageCommand =
  | FootageStart
  | FootageTask
  | { readonly type: "segment"; readonly segment: IngestSegment }
  | { readonly type: "close" };

export type FootageMessage =
  /** Of every command but `fill`. */
  | { readonly type: "done" }
  | { readonly type: "filled" }
  | { readonly type: "stopped" }
  | {
      /** The segment is over; with the next one, the same task goes on. */
      readonly type: "end";
      /** Whole frames of the segment, and bytes of an incomplete last one. */
      readonly frames: number;
      readonly partialBytes: number;
      /** Frames of all segments so far. */
      readonly passed: number;
    }
  | { readonly type: "failed"; readonly message: string };
