import type { PixelSize } from "./grid.ts";
import type { HeadManifest, HeadType } from "./manifest.ts";

/** What the model's output means, and how that was found. */
export interface HeadSpec {
  readonly type: HeadType;
  /** Which facts led to it, for people. */
  readonly why: string;
  /** Name, position and shape of the output it reads. */
  readonly output: string;
  readonly outputIndex: number;
  /** The output with the boxes, where they and their scores are two. */
  readonly boxesOutput?: string;
  readonly shape: readonly number[];
  /** Classes the head scores; 0 where it is not known (end-to-end without names) or has none. */
  readonly classCount: number;
  /** Strides of the feature maps in pixels, in the output's order; empty without feature maps. */
  readonly strides: readonly number[];
  /** Boxes lie along the last axis. */
  readonly transposed: boolean;
  /** Boxes are 0–1 of the input, not input pixels. */
  readonly normalized: boolean;
  /** What the scores still need to become probabilities. */
  readonly activation: "none" | "sigmoid" | "softmax";
}

/** Everything besides the outputs that tells heads apart. */
export interface HeadHints {
  /** The model's file and its manifest, for messages. */
  readonly path: string;
  readonly manifestPath: string;
  readonly manifest: HeadManifest;
  /** Size of the model's input. */
  readonly size: PixelSize;
  /** Number of class names known from manifest or metadata. */
  readonly nameCount: number | null;
  readonly ultralytics: boolean;
  /** Task the metadata names. */
  readonly task: string | null;
  readonly strideMax: number | null;
}
