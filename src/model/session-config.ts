import {
  ChannelOrder,
  CLASS_FILTER_WORDS,
  Dtype,
  HEAD_LEVEL_COUNT_MAX,
  Head,
  Letterbox,
  type Provider,
  SessionConfig,
  TensorLayout,
} from "../layout/layout.gen.ts";
import { CLASS_COUNT_MAX } from "./labels.ts";
import type { HeadType } from "./manifest.ts";
import type { ModelSpec } from "./model.ts";
import type { InputSpec } from "./preprocess.ts";

export interface SessionOptions {
  /** Execution provider of the session. */
  readonly provider: Provider;
  /** Threads inside one inference; 0 leaves it open. */
  readonly threadCount: number;
  /** Frames one call may answer, where the model leaves it open. Default 1. */
  readonly batchSizeMax?: number;
}

const HEADS: Readonly<Record<HeadType, Head>> = {
  raw: Head.raw,
  yolox: Head.yolox,
  yolov5: Head.yolov5,
  yolov8: Head.yolov8,
  "end-to-end": Head.endToEnd,
  classification: Head.classification,
  // Its boxes and scores are laid side by side as an end-to-end model has them.
  "nms-pipeline": Head.endToEnd,
};

const LETTERBOXES: Readonly<Record<InputSpec["letterbox"], Letterbox>> = {
  "top-left": Letterbox.topLeft,
  centre: Letterbox.centre,
  stretch: Letterbox.stretch,
};

const ACTIVATIONS = { none: 0, sigmoid: 1, softmax: 2 } as const;

/** Every machine this runs on is little-endian. */
const LITTLE_ENDIAN = true;

/**
 * Fills a `session_config` struct (see the layout) with what native code needs of a model.
 *
 * Where the number of classes is not known (end-to-end without names) it is the most a filter
 * can tell apart.
 *
 * @throws {RangeError} where the number of threads is no whole number from 0
 */
export function sessionConfig(spec: ModelSpec, options: SessionOptions): Uint8Array {
  if (!Number.isInteger(options.threadCount) || options.threadCount < 0) {
    throw new RangeError(`threadCount must be a whole number from 0, not ${options.threadCount}`);
  }
  const { input, head } = spec;
  const bytes = new Uint8Array(SessionConfig.sizeBytes);
  const view = new DataView(bytes.buffer);
  const u32 = (offsetBytes: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) {
      view.setUint32(offsetBytes + 4 * index, value, LITTLE_ENDIAN);
    }
  };
  const f32 = (offsetBytes: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) {
      view.setFloat32(offsetBytes + 4 * index, value, LITTLE_ENDIAN);
    }
  };

  u32(SessionConfig.provider, options.provider);
  u32(SessionConfig.threadCount, options.threadCount);
  u32(SessionConfig.batchSizeMax, options.batchSizeMax ?? 0);

  u32(SessionConfig.inputWidth, input.width);
  u32(SessionConfig.inputHeight, input.height);
  u32(SessionConfig.inputLayout, TensorLayout[input.layout]);
  u32(SessionConfig.inputChannelOrder, ChannelOrder[input.channels]);
  u32(SessionConfig.inputDtype, Dtype[input.dtype]);
  u32(SessionConfig.inputLetterbox, LETTERBOXES[input.letterbox]);
  f32(SessionConfig.inputScale, input.scale);
  f32(SessionConfig.inputMean, ...input.mean);
  f32(SessionConfig.inputStd, ...input.std);
  f32(SessionConfig.inputPad, input.pad);

  const isCountKnown = head.classCount > 0 || head.type === "raw";
  u32(SessionConfig.head, HEADS[head.type]);
  u32(SessionConfig.classCount, isCountKnown ? head.classCount : CLASS_COUNT_MAX);
  const strides = head.strides.slice(0, HEAD_LEVEL_COUNT_MAX);
  u32(SessionConfig.headLevelCount, strides.length);
  u32(SessionConfig.headStrides, ...strides);
  u32(SessionConfig.outputIndex, head.outputIndex);
  u32(SessionConfig.headTransposed, Number(head.transposed));
  u32(SessionConfig.boxesNormalized, Number(head.normalized));
  u32(SessionConfig.scoresActivation, ACTIVATIONS[head.activation]);

  u32(SessionConfig.classAgnostic, Number(spec.agnostic));
  f32(SessionConfig.confidenceMin, spec.confidence);
  f32(SessionConfig.iouMax, spec.iou);
  u32(SessionConfig.detectionLimit, spec.detectionLimit);
  if (spec.classFilter !== null) {
    u32(SessionConfig.classFilterEnabled, 1);
    const words = new Uint32Array(CLASS_FILTER_WORDS);
    for (const id of spec.classFilter) words[id >>> 5] = (words[id >>> 5] ?? 0) | (1 << (id & 31));
    u32(SessionConfig.classFilter, ...words);
  }
  return bytes;
}
