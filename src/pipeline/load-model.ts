import { readFileSync } from "node:fs";
import type { CoreMlTask, ModelTask } from "../backend/session-task.ts";
import type { RunConfig } from "../config/run-config.ts";
import { inspectCoreMl } from "../coreml/inspect.ts";
import type { CoreMlInspection } from "../coreml/inspection.ts";
import { Provider } from "../layout/layout.gen.ts";
import { type ModelFile, resolveModel } from "../model/catalog.ts";
import { describeCoreMlModel } from "../model/coreml-model.ts";
import { describeModel, type ModelOverrides, type ModelSpec } from "../model/model.ts";
import { sessionConfig } from "../model/session-config.ts";
import { inspectOnnx } from "../native/library.ts";
import { mergeFocusStem } from "../onnx/focus-stem.ts";
import { requireCoreMl } from "./coreml-here.ts";

const DTYPE_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int32: 4,
  int64: 8,
};

/** A model as a run needs it. */
export interface LoadedModel {
  readonly spec: ModelSpec;
  readonly task: ModelTask;
  /** Bytes of payload a frame can produce; 0 for detections. */
  readonly payloadBytes: number;
}

/** Finds a model, inspects it, and settles how it is run. @throws {AipError} category `usage` */
export function loadModel(nameOrPath: string, config: RunConfig): LoadedModel {
  const file = resolveModel(nameOrPath);
  const isOnnx = file.format === "onnx";
  if (!isOnnx) requireCoreMl(file.path);
  const { spec, outputDtype, coreMl } = isOnnx ? readOnnx(file, config) : readCoreMl(file, config);
  const elements = spec.head.shape.reduce((product, size) => product * Math.abs(size), 1);
  const isRaw = spec.head.type === "raw";
  return {
    spec,
    // Provider and threads are a device's own; the planner fills them in.
    task: {
      path: file.path,
      bytes: isOnnx ? rewritten(file.path) : null,
      config: sessionConfig(spec, { provider: Provider.cpu, threadCount: 1 }),
      batchSize: spec.batchSize,
      ...(coreMl !== undefined && { coreMl }),
    },
    payloadBytes: isRaw ? elements * (DTYPE_BYTES[outputDtype] ?? 4) : 0,
  };
}

/** What is read of a file, whatever its format. */
interface ModelReading {
  readonly spec: ModelSpec;
  /** Element type of the output the head reads, by ONNX's names. */
  readonly outputDtype: string;
  readonly coreMl?: CoreMlTask;
}

function readOnnx({ path, manifest }: ModelFile, config: RunConfig): ModelReading {
  const inspection = inspectOnnx(path);
  const spec = describeModel(path, inspection, manifest, overridesOf(config));
  return { spec, outputDtype: inspection.outputs[spec.head.outputIndex]?.dtype ?? "float32" };
}

function readCoreMl({ path, manifest }: ModelFile, config: RunConfig): ModelReading {
  const inspection = inspectCoreMl(path);
  const spec = describeCoreMlModel(path, inspection, manifest, overridesOf(config));
  const run = inspection.functions.find(({ name }) => name === spec.coreMl?.function);
  const output = (run ?? inspection.functions[0])?.outputs[spec.head.outputIndex]?.type;
  return {
    spec,
    outputDtype: output?.kind === "multi-array" ? output.dtype : "float32",
    coreMl: { answer: answerLines(spec, inspection), compiledPath: null },
  };
}

/** How the native session finds the answer, and takes the thresholds to those who apply them. */
function answerLines({ coreMl }: ModelSpec, { suppression }: CoreMlInspection): string[] {
  const { iouInput = null, confidenceInput = null } = suppression ?? {};
  return [
    coreMl?.answer ?? "",
    ...(coreMl?.function == null ? [] : [`function=${coreMl.function}`]),
    ...(iouInput === null ? [] : [`iou-input=${iouInput}`]),
    ...(confidenceInput === null ? [] : [`confidence-input=${confidenceInput}`]),
  ];
}

/** The model with what this program knows to run faster; null where that is the file itself. */
function rewritten(path: string): Uint8Array | null {
  const merged = mergeFocusStem(readFileSync(path));
  if (merged === null) return null;
  // Shared: every worker reads the same bytes.
  const bytes = new Uint8Array(new SharedArrayBuffer(merged.length));
  bytes.set(merged);
  return bytes;
}

function overridesOf(config: RunConfig): ModelOverrides {
  return {
    ...(config.inputSize !== undefined && { inputSize: config.inputSize }),
    ...(config.confidence !== undefined && { confidence: config.confidence }),
    ...(config.iou !== undefined && { iou: config.iou }),
    ...(config.classes !== undefined && { classes: config.classes }),
    ...(config.agnostic !== undefined && { agnostic: config.agnostic }),
  };
}
