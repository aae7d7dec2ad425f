/**
 * Video inference on every compute unit of one machine at once, in order, every frame accounted
 * for.
 *
 * @example
 * ```ts
 * import { Pipeline } from "aip";
 *
 * await using pipeline = new Pipeline({ sources: "clip.mp4", model: "yolox_nano.onnx" });
 * for await (const frame of pipeline) {
 *   console.log(frame.frame, frame.detections.map((detection) => detection.label));
 * }
 * ```
 *
 * @module
 */
export type { DeviceInstance, DeviceSpec } from "./backend/backend.ts";
export { parseDevices } from "./backend/device-spec.ts";
export { discoverMachine, type Machine, type MachineDevice } from "./backend/discover.ts";
export { type ImportOptions, importLabels, labelFormats } from "./cascade/labels/import.ts";
export { type FrameSpan, LabelStore, type SpanLabels } from "./cascade/labels/store.ts";
export { defineConfig, type RunConfig, type RunConfigInput } from "./config/run-config.ts";
export { AipError, type ErrorCategory } from "./errors.ts";
export { type Fingerprint, fingerprintOf } from "./footage/fingerprint.ts";
export type { FootageBlock } from "./footage/footage-room.ts";
export { type FootageRequest, readFootage } from "./footage/read-footage.ts";
export { type FootageOptions, FootageReader, type FootageStretch } from "./footage/reader.ts";
export { checkFixedCamera, differenceStatistics } from "./footage/statistics.ts";
export { type Labelling, type LabelRequest, labelFootage } from "./labelling/label-footage.ts";
export * as DetectionWords from "./layout/detection-words.ts";
export { retrain } from "./learning/retrain.ts";
export type { Report } from "./metrics/report.ts";
export { formatReport } from "./metrics/table.ts";
export type { PipelineEvents, PipelineOptions, RunInfo } from "./pipeline/options.ts";
export { Pipeline } from "./pipeline/pipeline.ts";
export { NdjsonSink } from "./sink/ndjson.ts";
export { readNdjson } from "./sink/ndjson-reader.ts";
export type { Sink } from "./sink/sink.ts";
export { VideoSink } from "./sink/video.ts";
export { type PatternOptions, patternSource } from "./source/pattern.ts";
export type { IngestSegment, Source, SourceInfo } from "./source/source.ts";
export type { Stage } from "./stage/stage.ts";
export type { TrainingProgress } from "./training/progress.ts";
export { type TrainOptions, trainNetwork } from "./training/train.ts";
export type { TrainedNetwork } from "./training/training-run.ts";
export type {
  Detection,
  DropPolicy,
  Frame,
  FrameAnswer,
  FrameGeometry,
  FrameStatus,
  FrameView,
  PictureSize,
  PixelFormatName,
  RunContext,
  TensorPayload,
} from "./types.ts";
