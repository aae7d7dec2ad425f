import type {
  CoreMlInspection,
  Feature,
  ImageType,
  ModelFunction,
  Suppression,
} from "../coreml/inspection.ts";
import { type AipError, usageError } from "../errors.ts";
import type { TensorInfo } from "../native/inspection.ts";
import { inputShape } from "./coreml-size.ts";
import type { PixelSize } from "./grid.ts";
import type { HeadSpec } from "./head.ts";
import type { InputInfo, ModelInspection, PixelBufferFormat, StatedHead } from "./inspection.ts";
import { type ModelManifest, manifestError, manifestPathOf, validateManifest } from "./manifest.ts";
import { readMetadata } from "./metadata.ts";
import { describeModel, type ModelOverrides, type ModelSpec } from "./model.ts";
import { quoted } from "./text.ts";

/** Metadata in which a converted package keeps its manifest. */
export const MANIFEST_KEY = "aip.manifest";

/**
 * Works out how a Core ML model is to be run, as `describeModel` does for an ONNX file: by what the
 * file says, the manifest beside it or in it, and the run's wishes.
 *
 * The head of a classifier, and of a pipeline that ends in non-maximum suppression, is the one the
 * model itself names; others are found by shape and metadata.
 *
 * @param path The model, for messages.
 * @throws {AipError} as `describeModel` does
 *
 * @example
 * ```ts
 * const spec = describeCoreMlModel("x.mlpackage", inspectCoreMl("x.mlpackage"), null);
 * spec.input.pixelFormat; // "32BGRA"
 * spec.coreMl?.answer; // "output=var_1365"
 * ```
 */
export function describeCoreMlModel(
  path: string,
  inspection: CoreMlInspection,
  manifest: ModelManifest | null,
  overrides: ModelOverrides = {},
): ModelSpec {
  const said = mergedManifest(path, inspection, manifest);
  const chosen = chooseFunction(path, inspection, said);
  const wanted = overrides.inputSize ?? sizeOf(said) ?? readMetadata(inspection).inputSize;
  const read = toModelInspection(path, inspection, chosen, wanted);
  const { manifest: usable, left } = forPicture(said, read.inputs[0]?.pixelFormat);
  const spec = describeModel(path, read, usable, overrides);
  const isOnly = inspection.functions.length === 1;
  const isConverted = MANIFEST_KEY in inspection.metadata;
  return {
    ...spec,
    licence: spec.licence ?? (inspection.licence || null),
    coreMl: { function: isOnly ? null : chosen.name, answer: answerOf(spec.head) },
    notes: [
      ...spec.notes,
      ...(isConverted || left.length === 0 ? [] : [leftText(left)]),
      ...inspection.notes,
      ...thresholdNotes(inspection.suppression, overrides),
    ],
  };
}

/** Keys of a manifest that tell of a tensor: a picture's pixels follow from its pixel buffer. */
const TENSOR_KEYS = ["layout", "channels", "dtype"] as const;
const VALUE_KEYS = ["scale", "mean", "std"] as const;

/** The manifest without what a picture input settles itself, and the keys left out. */
function forPicture(
  manifest: ModelManifest,
  format: PixelBufferFormat | undefined,
): { readonly manifest: ModelManifest; readonly left: readonly string[] } {
  if (format === undefined || manifest.input === undefined) return { manifest, left: [] };
  // Halves are taken as they are, so that their scale must be known.
  const isHalf = format === "OneComponent16Half";
  const settled: readonly string[] = isHalf ? TENSOR_KEYS : [...TENSOR_KEYS, ...VALUE_KEYS];
  const given = Object.entries(manifest.input);
  const input = Object.fromEntries(given.filter(([key]) => !settled.includes(key)));
  const left = given.map(([key]) => key).filter((key) => settled.includes(key));
  return { manifest: { ...manifest, input }, left };
}

function leftText(left: readonly string[]): string {
  const keys = left.map((key) => `input.${key}`).join(", ");
  return `the model takes a picture and scales it itself: the manifest's ${keys} is not used`;
}

/**
 * The manifest a converter wrote into the package, overridden by the one beside it; but what it
 * says of the input and of names counts: the file beside may tell of the model it was made from.
 */
function mergedManifest(
  path: string,
  { metadata }: CoreMlInspection,
  beside: ModelManifest | null,
): ModelManifest {
  const text = metadata[MANIFEST_KEY];
  if (text === undefined) return beside ?? {};
  const place = `${path} (its metadata "${MANIFEST_KEY}")`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw manifestError(place, `not JSON: ${error.message}`, error);
  }
  const own = validateManifest(value, place);
  const { output } = own.head ?? {};
  return {
    ...own,
    ...beside,
    input: { ...own.input },
    head: { ...own.head, ...beside?.head, ...(output !== undefined && { output }) },
  };
}

function chooseFunction(
  path: string,
  { functions }: CoreMlInspection,
  manifest: ModelManifest,
): ModelFunction {
  const name = manifest.function;
  const chosen = name === undefined ? functions[0] : functions.find((each) => each.name === name);
  if (chosen !== undefined) return chosen;
  const known = functions.map((each) => quoted(each.name)).join(", ");
  const what = `"function" is ${quoted(name ?? "")}, which the model lacks (known: ${known})`;
  throw manifestError(manifestPathOf(path), what);
}

function sizeOf({ input }: ModelManifest): PixelSize | null {
  if (input?.width === undefined || input.height === undefined) return null;
  return { width: input.width, height: input.height };
}

function toModelInspection(
  path: string,
  inspection: CoreMlInspection,
  chosen: ModelFunction,
  wanted: PixelSize | null,
): ModelInspection {
  const { suppression, metadata } = inspection;
  const thresholds = [suppression?.iouInput, suppression?.confidenceInput];
  const hints = { path, manifestPath: manifestPathOf(path), wanted };
  const stated = statedHead(path, chosen, suppression);
  const source = metadata["com.github.apple.coremltools.source"] ?? "";
  return {
    inputs: chosen.inputs
      .filter(({ name, optional }) => !optional && !thresholds.includes(name))
      .map((input): InputInfo => {
        const shape = inputShape(input, hints);
        const { type } = input;
        if (type.kind !== "image") return { name: input.name, dtype: dtypeOf(input), shape };
        const pixelFormat = pixelFormatOf(path, input.name, type);
        return { name: input.name, dtype: dtypeOf(input), shape, pixelFormat };
      }),
    outputs: chosen.outputs.map(toTensor),
    metadata,
    producer: source.startsWith("torch") ? "pytorch" : source,
    ...(stated !== undefined && { stated }),
  };
}

function pixelFormatOf(path: string, name: string, { color }: ImageType): PixelBufferFormat {
  switch (color) {
    case "rgb":
    case "bgr":
      return "32BGRA";
    case "gray":
      return "OneComponent8";
    case "gray16":
      return "OneComponent16Half";
    case "unknown":
      throw usageError(
        "model-input",
        `Cannot open model "${path}": image input ${quoted(name)} has an unknown order of colours`,
      );
  }
}

/** Element type by ONNX's names; what is no tensor has the name of its kind. */
function dtypeOf({ type }: Feature): string {
  if (type.kind === "image") return type.color === "gray16" ? "float16" : "uint8";
  if (type.kind !== "multi-array") return type.kind;
  // Doubles are narrowed where they are read.
  return type.dtype === "float64" ? "float32" : type.dtype;
}

function toTensor(output: Feature): TensorInfo {
  const { name, type } = output;
  const dtype = dtypeOf(output);
  if (type.kind !== "multi-array") return { name, dtype, shape: [] };
  const { shape, flexibility } = type;
  if (shape !== null) return { name, dtype, shape };
  if (flexibility?.kind !== "range") return { name, dtype, shape: [-1] };
  return { name, dtype, shape: flexibility.ranges.map(({ min, max }) => (min === max ? min : -1)) };
}

function statedHead(
  path: string,
  chosen: ModelFunction,
  suppression: Suppression | null,
): StatedHead | undefined {
  if (suppression !== null) return suppressionHead(path, chosen, suppression);
  const { predictedScores, labels } = chosen;
  if (predictedScores === null) return undefined;
  const outputIndex = chosen.outputs.findIndex(({ name }) => name === predictedScores);
  if (outputIndex < 0) throw headError(path, `it has no output ${quoted(predictedScores)}`);
  if (labels === null || labels.length === 0) {
    throw headError(path, "it is a classifier, but the names of its classes cannot be read");
  }
  const classCount = labels.length;
  const why = `a classifier of ${classCount} classes: a probability for each, by its name`;
  const shape = [1, classCount];
  const head = {
    type: "classification",
    why,
    output: predictedScores,
    outputIndex,
    shape,
  } as const;
  return { head: { ...head, classCount, ...READY, normalized: false }, labels };
}

/** Nothing is left to decode. */
const READY = { strides: [], transposed: false, activation: "none" } as const;

function suppressionHead(
  path: string,
  { outputs }: ModelFunction,
  suppression: Suppression,
): StatedHead {
  const { confidence, coordinates, labels, iouThreshold, confidenceThreshold } = suppression;
  const outputIndex = outputs.findIndex(({ name }) => name === confidence);
  const scores = outputs[outputIndex];
  if (scores === undefined || !outputs.some(({ name }) => name === coordinates)) {
    const lacking = [confidence, coordinates].map(quoted).join(" and ");
    throw headError(path, `it ends in non-maximum suppression, but lacks its outputs ${lacking}`);
  }
  const { shape } = toTensor(scores);
  const columns = Math.max(0, shape.at(-1) ?? 0);
  const classCount = labels.length > 0 ? labels.length : columns;
  const why = `a pipeline that ends in non-maximum suppression; ${classCount} classes`;
  const head: HeadSpec = {
    type: "nms-pipeline",
    why,
    output: confidence,
    outputIndex,
    boxesOutput: coordinates,
    shape,
    classCount,
    ...READY,
    normalized: true,
  };
  return {
    head,
    labels,
    ...(isShare(confidenceThreshold) && { confidence: confidenceThreshold }),
    ...(isShare(iouThreshold) && { iou: iouThreshold }),
  };
}

/** Zero stands for a threshold that was not set. */
function isShare(threshold: number): boolean {
  return threshold > 0 && threshold <= 1;
}

function answerOf({ type, output, boxesOutput }: HeadSpec): string {
  if (boxesOutput !== undefined) return `coordinates=${boxesOutput}\nconfidence=${output}`;
  return `${type === "classification" ? "probabilities" : "output"}=${output}`;
}

function thresholdNotes(suppression: Suppression | null, { iou }: ModelOverrides): string[] {
  if (suppression === null || suppression.iouInput !== null || iou === undefined) return [];
  return [`the IoU of its own suppression is ${suppression.iouThreshold} and cannot be changed`];
}

function headError(path: string, what: string): AipError {
  return usageError("head-unknown", `Cannot open model "${path}": ${what}`);
}
