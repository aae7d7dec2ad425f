import { basename } from "node:path";
import { type AipError, usageError } from "../errors.ts";
import { DETECTION_COUNT_MAX } from "../layout/layout.gen.ts";
import { manifestPathOf, withoutModelEnding } from "../model-path.ts";
import { modelBatchSize, outputsPerFrame, readableBatchSize } from "./batch.ts";
import type { PixelSize } from "./grid.ts";
import type { HeadSpec } from "./head.ts";
import { detectHead } from "./heads.ts";
import { detectInput } from "./input.ts";
import type { ModelInspection, StatedHead } from "./inspection.ts";
import { classFilter, type Labels, resolveLabels } from "./labels.ts";
import { type HeadType, type ModelManifest, manifestError } from "./manifest.ts";
import { readMetadata } from "./metadata.ts";
import { describeInput, type InputSpec } from "./preprocess.ts";

/** Everything known of a model: what it takes, what its output means, and how a run uses it. */
export interface ModelSpec extends Labels {
  /** The model's file. */
  readonly path: string;
  /** For people. */
  readonly name: string;
  readonly input: InputSpec;
  /** Pictures it takes in one run; null for any number. */
  readonly batchSize: number | null;
  readonly head: HeadSpec;
  /** Lowest confidence of a detection, 0–1. */
  readonly confidence: number;
  /** Overlap 0–1 above which NMS drops the weaker box. */
  readonly iou: number;
  /** NMS across classes. */
  readonly agnostic: boolean;
  /** Detections kept per frame. */
  readonly detectionLimit: number;
  /** Numbers of the only classes that count; null for all. */
  readonly classFilter: readonly number[] | null;
  readonly licence: string | null;
  /** What was assumed or left out, one sentence each. */
  readonly notes: readonly string[];
  /** What Core ML needs to run it; absent for ONNX. */
  readonly coreMl?: CoreMlRun;
}

/** How Core ML runs a model. */
export interface CoreMlRun {
  /** Function of a model that has several; null for one that has one. */
  readonly function: string | null;
  /** Which outputs hold the answer, as lines of `key=value` for the native session. */
  readonly answer: string;
}

/** What a run asks for; it counts before the manifest, and that before the model. */
export interface ModelOverrides {
  /** For a model of dynamic size. */
  readonly inputSize?: PixelSize;
  readonly confidence?: number;
  readonly iou?: number;
  /** Names or numbers of the only classes that count. */
  readonly classes?: readonly string[];
  readonly agnostic?: boolean;
  /** Takes the model's head as given; `raw` hands the tensor on. */
  readonly head?: HeadType;
}

/** As the reference detections of YOLOX and YOLOv5 are made. */
const CONFIDENCE_DEFAULT = 0.25;
const IOU_DEFAULT = 0.45;

/** Classes a classification names per frame, as top-5 accuracy counts them. */
const CLASSIFICATION_LIMIT = 5;

/**
 * Works out how a model is to be run, from what its file says, its manifest and the run's wishes.
 *
 * @param path The model's file, for messages.
 * @param inspection What was found in the file.
 * @param manifest The manifest beside the file, or null.
 * @throws {AipError} category `usage`: `model-input`, `model-size`, `head-unknown`,
 *   `manifest-invalid`, `class-unknown` or `option-invalid`
 *
 * @example
 * ```ts
 * const spec = describeModel("yolox_nano.onnx", inspectOnnx("yolox_nano.onnx"), null);
 * spec.head.type; // "yolox"
 * ```
 */
export function describeModel(
  path: string,
  inspection: ModelInspection,
  manifest: ModelManifest | null,
  overrides: ModelOverrides = {},
): ModelSpec {
  const said = manifest ?? {};
  const manifestPath = manifestPathOf(path);
  const metadata = readMetadata(inspection);
  const exportedBatch = modelBatchSize(path, inspection);
  const geometry = detectInput(inspection, {
    path,
    manifestPath,
    manifest: said.input ?? {},
    requested: overrides.inputSize ?? null,
    exported: metadata.inputSize,
    strideMax: said.head?.strides?.at(-1) ?? metadata.strideMax,
  });
  const asked = overrides.head === undefined ? {} : { type: overrides.head };
  const headManifest = { ...said.head, ...asked };
  const stated = agreedHead(inspection.stated, headManifest.type, said.classes, manifestPath);
  const head =
    stated?.head ??
    detectHead(outputsPerFrame(inspection.outputs, exportedBatch), {
      path,
      manifestPath,
      manifest: headManifest,
      size: geometry,
      nameCount: said.classes?.length ?? metadata.names?.length ?? null,
      ultralytics: metadata.ultralytics,
      task: metadata.task,
      strideMax: metadata.strideMax,
    });
  const { input, notes: inputNotes } = describeInput(geometry, {
    head,
    manifest: said.input ?? {},
    manifestPath,
    ultralytics: metadata.ultralytics,
    producer: inspection.producer,
  });
  const labels = resolveLabels(head, {
    manifest: said.classes,
    model: stated?.labels,
    metadata: metadata.names,
  });
  const isClassification = head.type === "classification";
  const confidenceDefault = isClassification ? 0 : (stated?.confidence ?? CONFIDENCE_DEFAULT);
  const iouDefault = stated?.iou ?? IOU_DEFAULT;
  return {
    path,
    name: said.name ?? basename(withoutModelEnding(path)),
    input,
    batchSize: readableBatchSize(path, exportedBatch, inspection.outputs[head.outputIndex]),
    head,
    ...labels,
    confidence: share("Confidence", overrides.confidence ?? said.confidence ?? confidenceDefault),
    iou: share("IoU", overrides.iou ?? said.iou ?? iouDefault),
    agnostic: overrides.agnostic ?? said.agnostic ?? false,
    detectionLimit: isClassification ? CLASSIFICATION_LIMIT : DETECTION_COUNT_MAX,
    classFilter: pickedClasses(overrides.classes, labels.labels, head, path),
    licence: said.licence ?? metadata.licence,
    notes: [...metadata.notes, ...inputNotes, ...headNotes(head, labels)],
  };
}

/**
 * The head the file states, unless another is asked for.
 * @throws {AipError} `manifest-invalid` where the manifest names another number of classes
 */
function agreedHead(
  stated: StatedHead | undefined,
  asked: HeadType | undefined,
  classes: readonly string[] | undefined,
  manifestPath: string,
): StatedHead | undefined {
  if (stated === undefined || (asked !== undefined && asked !== stated.head.type)) return undefined;
  const { classCount } = stated.head;
  if (classes !== undefined && classCount > 0 && classes.length !== classCount) {
    const what = `"classes" has ${classes.length} names, but the model has ${classCount} classes`;
    throw manifestError(manifestPath, what);
  }
  return stated;
}

function pickedClasses(
  wanted: readonly string[] | undefined,
  labels: readonly string[],
  head: HeadSpec,
  path: string,
): readonly number[] | null {
  if (wanted === undefined || wanted.length === 0) return null;
  if (head.type === "raw") {
    throw usageError("class-unknown", `Model "${path}" has no classes to pick: its head is raw`);
  }
  return classFilter(wanted, labels, head.classCount);
}

function headNotes(head: HeadSpec, { labelsFrom }: Labels): string[] {
  const notes: string[] = [];
  if (labelsFrom === "coco") {
    notes.push("the model names no classes: it has 80, so COCO's names are taken");
  }
  if (head.type === "classification" && labelsFrom === "none") {
    notes.push('an embedding has this shape too: "head": {"type": "raw"} hands it on as it is');
  }
  return notes;
}

function share(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw shareError(name, value);
}

function shareError(name: string, value: number): AipError {
  return usageError("option-invalid", `${name} must be a number from 0 to 1, not ${value}`);
}
