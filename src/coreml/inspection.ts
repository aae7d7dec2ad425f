/** One input or output of a Core ML model. */
export interface Feature {
  readonly name: string;
  readonly type: FeatureType;
  /** A prediction may leave it out. */
  readonly optional: boolean;
  readonly description: string;
}

/** What a feature holds. */
export type FeatureType =
  | ImageType
  | ArrayType
  | { readonly kind: "dictionary"; readonly keys: "string" | "int64" }
  | { readonly kind: "sequence"; readonly items: "string" | "int64" }
  | { readonly kind: "state"; readonly dtype: string; readonly shape: readonly number[] }
  | { readonly kind: "string" | "int64" | "double" | "unknown" };

/** A picture, which Core ML takes as a pixel buffer of 8 bits a channel (16 for `gray16`). */
export interface ImageType {
  readonly kind: "image";
  /** Default size in pixels; 0 where the file names none. */
  readonly width: number;
  readonly height: number;
  /** What the network sees; the buffer is 32BGRA for both orders of colour. */
  readonly color: "rgb" | "bgr" | "gray" | "gray16" | "unknown";
  /** Sizes as `[height, width]`; null where there is one only. */
  readonly flexibility: Flexibility | null;
}

export interface ArrayType {
  readonly kind: "multi-array";
  /** As ONNX calls it: `float32`, `float16`, `float64`, `int32`, `int8`. */
  readonly dtype: string;
  /** Default shape, -1 where a dimension is open; null where the file names none. */
  readonly shape: readonly number[] | null;
  readonly flexibility: Flexibility | null;
}

/** The shapes a feature can have besides its default. */
export type Flexibility =
  | { readonly kind: "enumerated"; readonly shapes: readonly (readonly number[])[] }
  | { readonly kind: "range"; readonly ranges: readonly SizeRange[] };

/** From `min` to `max`, both included; null: no end. */
export interface SizeRange {
  readonly min: number;
  readonly max: number | null;
}

/** One way to run a model: its inputs, its outputs, and what they mean. */
export interface ModelFunction {
  /** `main`, unless the model has several. */
  readonly name: string;
  readonly inputs: readonly Feature[];
  readonly outputs: readonly Feature[];
  /** Of a classifier: the outputs with the best label and with the score of each. */
  readonly predictedLabel: string | null;
  readonly predictedScores: string | null;
  /** Class names of a classifier, class 0 first. */
  readonly labels: readonly string[] | null;
}

/** Non-maximum suppression as the last model of a pipeline. */
export interface Suppression {
  /** Output `[N, classes]`, one score a class. */
  readonly confidence: string;
  /** Output `[N, 4]`: centre, width and height, 0–1. */
  readonly coordinates: string;
  /** Inputs that override the thresholds; null where the model takes none. */
  readonly iouInput: string | null;
  readonly confidenceInput: string | null;
  /** Where those inputs say nothing; null where it cannot be read. */
  readonly iouThreshold: number | null;
  readonly confidenceThreshold: number | null;
  readonly perClass: boolean | null;
  /** Class 0 first. */
  readonly labels: readonly string[];
}

/** Operations of a model that are known to leave the Neural Engine. */
export interface EngineFinding {
  /** Operation as the model names it. */
  readonly operation: string;
  readonly count: number;
  readonly why: string;
  /** Where it is said. */
  readonly source: string;
  /** Stated by Apple; otherwise observed by others, and different between chips and systems. */
  readonly verified: boolean;
}

/** What a Core ML model says of itself. */
export interface CoreMlInspection {
  readonly format: "mlpackage" | "mlmodel" | "mlmodelc";
  /** `mlProgram`, `neuralNetwork`, …; the stages of a pipeline in their order. */
  readonly kinds: readonly string[];
  readonly specVersion: number;
  /** First system that reads this specification version, such as `macOS 14`. */
  readonly needs: string;
  /** At least one; the first is the default. */
  readonly functions: readonly ModelFunction[];
  readonly suppression: Suppression | null;
  /** What its maker wrote into it, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly author: string;
  readonly description: string;
  readonly licence: string;
  readonly version: string;
  /** Everything in the file or folder. */
  readonly sizeBytes: number;
  /** Bytes of constants by element type, the most first; null where they cannot be counted. */
  readonly weightBytes: Readonly<Record<string, number>> | null;
  /** Results of operations by element type, the most first; null where the system chooses. */
  readonly computeTypes: Readonly<Record<string, number>> | null;
  /** Operations or layers by type, the most first; nested ones included, constants not. */
  readonly operations: Readonly<Record<string, number>>;
  readonly leavesNeuralEngine: readonly EngineFinding[];
  /** What could not be read, one sentence each. */
  readonly notes: readonly string[];
}
