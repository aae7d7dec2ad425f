/** What became of a frame. Every received frame ends as exactly one of these. */
export type FrameStatus = "ok" | "dropped" | "failed";

/** How an `ok` frame was answered. */
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
  /** Presentation time since the stream's start, in ms. */
  readonly timeMs: number;
  /** Size of the source picture in pixels. */
  readonly width: number;
  readonly height: number;
  readonly status: FrameStatus;
  /** Only where `status` is `ok`. */
  readonly answer?: FrameAnswer;
  /** Device instance that answered, such as `cpu-0`; only where `status` is `ok`. */
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

/** Size, format and colour of a stream's pictures. */
export interface FrameGeometry {
  /** Width and height in pixels, after rotation. */
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormatName;
  readonly colorMatrix: "bt601" | "bt709";
  readonly colorRange: "limited" | "full";
}

/** What happens when frames arrive faster than they are answered. */
export type DropPolicy =
  /** The source waits: nothing is lost. Default for files. */
  | "never"
  /** The longest-waiting frame gives way. Default for live sources. */
  | "oldest"
  /** The arriving frame gives way. */
  | "newest";
