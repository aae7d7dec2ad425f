import type {
  CoreMlInspection,
  Feature,
  ImageType,
  ModelFunction,
  Suppression,
} from "../coreml/inspection.ts";
import { usageError } from "../errors.ts";
import { manifestPathOf } from "../model-path.ts";
import { answerOf, statedHead } from "./coreml-head.ts";
import { forPicture, leftText, MANIFEST_KEY, mergedManifest } from "./coreml-manifest.ts";
import { inputShape, type SizeHints } from "./coreml-size.ts";
import { dtypeOf, toTensor } from "./coreml-tensor.ts";
import type { PixelSize } from "./grid.ts";
import type { InputInfo, ModelInspection, PixelBufferFormat } from "./inspection.ts";
import { type ModelManifest, manifestError } from "./manifest.ts";
import { describeModel, type ModelOverrides, type ModelSpec } from "./model.ts";
import { quoted } from "./text.ts";

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
  const read = toModelInspection(inspection, chosen, {
    path,
    wanted: overrides.inputSize ?? sizeOf(said),
  });
  const { manifest: usable, left } = forPicture(said, read.inputs[0]?.pixelFormat);
  const spec = describeModel(path, read, usable, overrides);
  const isOnly = inspection.functions.length === 1;
  const isConverted = MANIFEST_KEY in inspection.metadata;
  return {
    ...spec,
    licence: spec.licence ?? (inspection.licence || null),
    coreMl: { function: isOnly ? null : chosen.name, answer: answerOf(spec.head, chosen) },
    notes: [
      ...spec.notes,
      ...(isConverted || left.length === 0 ? [] : [leftText(left)]),
      ...inspection.notes,
      ...thresholdNotes(inspection.suppression, overrides),
    ],
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
  { suppression, metadata }: CoreMlInspection,
  chosen: ModelFunction,
  hints: SizeHints,
): ModelInspection {
  const thresholds = [suppression?.iouInput, suppression?.confidenceInput];
  const needed = chosen.inputs.filter(
    ({ name, optional }) => !optional && !thresholds.includes(name),
  );
  const stated = statedHead(hints.path, chosen, suppression);
  const source = metadata["com.github.apple.coremltools.source"] ?? "";
  return {
    // Of several none is a picture's, and their sizes do not matter.
    inputs:
      needed.length === 1 ? needed.map((input) => toInput(input, hints)) : needed.map(toTensor),
    outputs: chosen.outputs.map(toTensor),
    metadata,
    producer: source.startsWith("torch") ? "pytorch" : source,
    ...(stated !== undefined && { stated }),
  };
}

function toInput(input: Feature, hints: SizeHints): InputInfo {
  const { name, type } = input;
  const tensor = { name, dtype: dtypeOf(input), shape: inputShape(input, hints) };
  if (type.kind !== "image") return tensor;
  return { ...tensor, pixelFormat: pixelFormatOf(hints.path, name, type) };
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

function thresholdNotes(suppression: Suppression | null, { iou }: ModelOverrides): string[] {
  if (suppression === null || suppression.iouInput !== null || iou === undefined) return [];
  const { iouThreshold } = suppression;
  const value = iouThreshold === null ? "not known" : iouThreshold;
  return [`the IoU of its own suppression is ${value} and cannot be changed`];
}
