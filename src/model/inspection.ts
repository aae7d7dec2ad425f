import type { TensorInfo } from "../native/inspection.ts";
import type { HeadSpec } from "./head.ts";

/** How Core ML takes a picture: 8 bits a channel in colour or grey, or grey in half precision. */
export type PixelBufferFormat = "32BGRA" | "OneComponent8" | "OneComponent16Half";

/** One input of a model. */
export interface InputInfo extends TensorInfo {
  /** Given where the model takes a picture, not a tensor. */
  readonly pixelFormat?: PixelBufferFormat;
}

/** What a model file says of itself, whatever its format, as far as `describeModel` reads it. */
export interface ModelInspection {
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Custom metadata, such as `names` of an Ultralytics export. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The program that exported the model. */
  readonly producer: string;
  /** What the file itself says its outputs mean; absent where only their shapes tell. */
  readonly stated?: StatedHead;
}

/** A head that a model file names, with what goes with it. */
export interface StatedHead {
  readonly head: HeadSpec;
  /** Class 0 first. */
  readonly labels: readonly string[];
  /** Thresholds it uses where nobody gives any. */
  readonly confidence?: number;
  readonly iou?: number;
}
