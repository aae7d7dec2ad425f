import type { IngestSegment } from "../source/source.ts";
import type { FrameSelection } from "./selection.ts";

/** Where the copies go: memory shared with the reader. */
export interface FootageTask {
  readonly type: "task";
  readonly selection: FrameSelection;
  readonly region: readonly [x1: number, y1: number, x2: number, y2: number] | null;
  /** u8 [frames, side, side]; null where no luma thumbnails are wanted. */
  readonly luma: { readonly side: number; readonly data: Uint8Array } | null;
  /** u8 [frames, 3, side, side], one for each size. */
  readonly colour: readonly { readonly side: number; readonly data: Uint8Array }[];
  /** Of the frames kept. */
  readonly ids: Uint32Array;
  readonly timesMs: Float64Array;
  /** `FootageWord`s. */
  readonly words: Int32Array;
}

/** Words the reader and its worker share. */
export const FootageWord = {
  /** Not 0 ends the reading, native waits included. */
  stop: 0,
  /** Frames passed, kept or not. */
  passed: 1,
  /** Frames kept. */
  kept: 2,
} as const;

export type FootageCommand =
  | FootageTask
  | { readonly type: "segment"; readonly segment: IngestSegment };

export type FootageMessage =
  | { readonly type: "ready" }
  | {
      readonly type: "end";
      /** Whole frames of the segment, and bytes of an incomplete last one. */
      readonly frames: number;
      readonly partialBytes: number;
      /** `enough`: all that were selected. */
      readonly reason: "end" | "enough" | "stopped";
    }
  | { readonly type: "failed"; readonly message: string };
