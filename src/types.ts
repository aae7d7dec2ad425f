/** What became of a frame. Every received frame ends as exactly one of these. */
export type FrameStatus = "ok" | "dropped" | "failed";

/**
 * How an `ok` frame was answered: by the model, with the last answer again, or by the small network
 * of a cascade.
 */
export type FrameAnswer = "inferred" | "reused" | "specialized";

/** One detected object. */
export interface Detection {
  /** Class number, from 0. */
  readonly classId: number;
  /** Class name from the model, or `"class 7"` where the model names none. */
  readonly label: string;
  /** Score, 0–1. */
  readonly confidence: number;
  /** Left, top, right, bottom in source pixels. */
  readonly xyxy: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Track number, where a tracking stage gave one. */
  readonly trackId?: number;
}

/** Output of a model that no detection head reads: an embedding, a mask, a raw tensor. */
export interface TensorPayload {
  readonly dtype: "f32" | "f16" | "u8" | "i32" | "i64";
  readonly shape: readonly number[];
  /** The elements, row-major; a copy that stays valid. */
  readonly data: Uint8Array;
}

/** One frame's result, as the library and the NDJSON file give it; a copy that stays valid. */
export interface Frame {
  /** Name of the source. */
  readonly source: string;
  /** Number of the frame in its source, from 0, without gaps. */
  readonly frame: number;
  /** Path of the picture, as given; only where the source is pictures. */
  readonly file?: string;
  /** Presentation time since the stream's start, in ms. */
  readonly timeMs: number;
  /** Size of the source picture in pixels. */
  readonly width: number;
  readonly height: number;
  readonly status: FrameStatus;
  /** Only where `status` is `ok`. */
  readonly answer?: FrameAnswer;
  /** Whether it shows what the cascade was asked for; only where `status` is `ok`. */
  readonly present?: boolean;
  /**
   * Of the specialized network or, where the reference model answered, its best detection, 0–1;
   * only beside `present`.
   */
  readonly score?: number;
  /** Device instance that answered, such as `cpu-0`; only where `answer` is `inferred`. */
  readonly device?: string;
  /** From arrival to emission in order, in ms; only where `status` is `ok`. */
  readonly latencyMs?: number;
  /** Highest confidence first. */
  readonly detections: readonly Detection[];
  readonly payload?: TensorPayload;
  /** Why the frame failed or was dropped. */
  readonly error?: string;
}

/** Names of the pixel formats a slot can hold, as ffmpeg calls them. */
export type PixelFormatName = "yuv420p" | "nv12" | "rgb24" | "bgr24";

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Size, format and colour of a stream's pictures. */
export interface FrameGeometry {
  /** Width and height in pixels, after rotation. */
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormatName;
  readonly colorMatrix: "bt601" | "bt709";
  readonly colorRange: "limited" | "full";
  /** Size before the decoder scaled the pictures down; absent where it did not. */
  readonly sourceSize?: PictureSize;
}

/** What happens when frames arrive faster than they are answered. */
export type DropPolicy =
  /** The source waits: nothing is lost. Default for files. */
  | "never"
  /** The longest-waiting frame gives way. Default for live sources. */
  | "oldest"
  /** The arriving frame gives way. */
  | "newest";

/**
 * A frame on its way out, in order: a window onto shared memory, valid only during the call it is
 * passed to. One object serves all frames; `copy()` gives one to keep.
 */
export interface FrameView {
  readonly sourceIndex: number;
  /** Number of the frame in its source. */
  readonly frameId: number;
  readonly status: FrameStatus;
  /** How an `ok` frame was answered; `inferred` where it is left out. */
  readonly answer?: FrameAnswer;
  /** Whether it shows what the cascade was asked for; undefined where no cascade runs. */
  readonly present?: boolean | undefined;
  /** How certain that is, 0–1; undefined where no cascade runs. */
  readonly score?: number | undefined;
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
   * Detection records, `DetectionWords.WORDS` numbers each: coordinates and confidence in `f32`,
   * class and track in `i32`, at the places `DetectionWords` names.
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
    /** Path of the picture that frames of that time are from; only where the source is pictures. */
    readonly fileAt?: ((timeMs: number) => string | undefined) | undefined;
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
