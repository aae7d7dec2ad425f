/** One input or output of a model. */
export interface TensorInfo {
  readonly name: string;
  /** Element type as ONNX calls it in lower case: `float32`, `float16`, `uint8`, `int64`. */
  readonly dtype: string;
  /** Dimensions; -1 where it is dynamic. */
  readonly shape: readonly number[];
}

/** What a model file says of itself. */
export interface OnnxInspection {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Custom metadata, such as `names` of an Ultralytics export. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly producer: string;
  readonly graph: string;
  readonly domain: string;
  readonly description: string;
  readonly version: number;
}
