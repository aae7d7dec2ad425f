import type {
  CoreMlInspection,
  Feature,
  ModelFunction,
  Suppression,
} from "../coreml/inspection.ts";
import type { AipError } from "../errors.ts";
import { flexibilityText } from "./coreml-size.ts";
import { clipped, inspectionText, listLines, metadataLines, row, textLines } from "./format.ts";
import type { ModelSpec } from "./model.ts";
import { shapeText } from "./text.ts";

/** Types of operations shown before the rest is counted. */
const TYPES_SHOWN_MAX = 8;
/** Functions shown. */
const FUNCTIONS_SHOWN_MAX = 16;

/**
 * What `aip models inspect` prints of a Core ML model: what the file has, what of it is known to
 * leave the Neural Engine, and how it will be run, or why it cannot be.
 *
 * @param result What `describeCoreMlModel` returned, or the error it threw.
 * @returns Lines without colour, the last one ended.
 */
export function formatCoreMlInspection(
  result: ModelSpec | AipError,
  inspection: CoreMlInspection,
): string {
  const { format, kinds, specVersion, needs, functions, suppression, notes } = inspection;
  const kind = `${kinds.map(clipped).join(" → ")}, specification ${specVersion} (${needs})`;
  return inspectionText(result, [
    row("format", `${format}: ${kind}`),
    row("size", sizeText(inspection)),
    ...functions
      .slice(0, FUNCTIONS_SHOWN_MAX)
      .flatMap((each, index) => functionLines(each, index, functions.length)),
    ...(suppression === null ? [] : [row("suppression", suppressionText(suppression))]),
    ...textLines([
      ["author", inspection.author],
      ["description", inspection.description],
      ["version", inspection.version],
      ["licence", inspection.licence],
    ]),
    ...metadataLines(inspection.metadata),
    row("precision", precisionText(inspection)),
    row("operations", operationsText(inspection.operations)),
    ...listLines("leaves ANE", engineTexts(inspection)),
    ...(result instanceof Error ? listLines("notes", notes) : []),
  ]);
}

function functionLines(each: ModelFunction, index: number, count: number): string[] {
  const name = index === 0 ? `${clipped(each.name)} (the default)` : clipped(each.name);
  return [
    ...(count > 1 ? [row("function", name)] : []),
    ...featureLines("inputs", each.inputs),
    ...featureLines("outputs", each.outputs),
  ];
}

function featureLines(label: string, features: readonly Feature[]): string[] {
  if (features.length === 0) return [row(label, "none")];
  const names = features.map(({ name }) => clipped(name));
  const nameWidth = Math.max(...names.map((name) => name.length));
  const texts = features.map((feature, index) => {
    const text = `${(names[index] ?? "").padEnd(nameWidth)}  ${featureText(feature)}`;
    return feature.optional ? `${text}, optional` : text;
  });
  return listLines(label, texts);
}

function featureText({ type }: Feature): string {
  switch (type.kind) {
    case "image": {
      const { width, height, color, flexibility } = type;
      const size = width > 0 && height > 0 ? `${width}×${height}` : "no default size";
      const sizes = flexibility === null ? "" : ` (height, width: ${flexibilityText(flexibility)})`;
      return `image ${size} ${color}${sizes}`;
    }
    case "multi-array": {
      const { dtype, shape, flexibility } = type;
      const size = shape === null ? "no default shape" : shapeText(shape);
      const shapes = flexibility === null ? "" : ` (${flexibilityText(flexibility)})`;
      return `${dtype} ${size}${shapes}`;
    }
    case "dictionary":
      return `dictionary from ${type.keys} to double`;
    case "sequence":
      return `sequence of ${type.items}`;
    case "state":
      return `state ${type.dtype} ${shapeText(type.shape)}`;
    default:
      return type.kind;
  }
}

function suppressionText(suppression: Suppression): string {
  const { iouThreshold, confidenceThreshold, perClass, labels } = suppression;
  const fixed = [
    ["IoU", iouThreshold, suppression.iouInput],
    ["confidence", confidenceThreshold, suppression.confidenceInput],
  ] as const;
  const texts = fixed.map(([name, value, input]) => {
    const how = input === null ? "fixed" : `or input ${clipped(input)}`;
    return `${name} ${value === null ? "not read" : Number(value.toPrecision(6))} (${how})`;
  });
  const how = perClass === null ? [] : [perClass ? "per class" : "across classes"];
  return [...texts, ...how, `${labels.length} labels`].join(", ");
}

function sizeText({ sizeBytes, weightBytes }: CoreMlInspection): string {
  const whole = bytesText(sizeBytes);
  if (weightBytes === null) return whole;
  const weights = Object.values(weightBytes).reduce((sum, each) => sum + each, 0);
  return `${whole}, weights ${bytesText(weights)}`;
}

function bytesText(sizeBytes: number): string {
  if (sizeBytes < 10_000) return `${sizeBytes} bytes`;
  const isLarge = sizeBytes >= 1_000_000;
  return isLarge ? `${(sizeBytes / 1e6).toFixed(1)} MB` : `${(sizeBytes / 1e3).toFixed(0)} kB`;
}

function precisionText({ weightBytes, computeTypes }: CoreMlInspection): string {
  const shares = (counts: Readonly<Record<string, number>>): string => {
    const whole = Object.values(counts).reduce((sum, each) => sum + each, 0);
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    return parts.map(([name, count]) => `${name} ${percent(count / whole)}`).join(", ") || "none";
  };
  const weights = weightBytes === null ? "not read" : shares(weightBytes);
  const results = computeTypes === null ? "as Core ML chooses" : shares(computeTypes);
  return `weights ${weights}; results of operations ${results}`;
}

function percent(share: number): string {
  if (share === 1) return "throughout";
  if (share < 0.01) return "below 1 %";
  return share > 0.99 ? "above 99 %" : `${Math.round(100 * share)} %`;
}

function operationsText(operations: Readonly<Record<string, number>>): string {
  const entries = Object.entries(operations);
  const count = entries.reduce((sum, [, each]) => sum + each, 0);
  const shown = entries.slice(0, TYPES_SHOWN_MAX).map(([type, each]) => `${clipped(type)} ${each}`);
  const rest = entries.length - shown.length;
  return `${count}${shown.length > 0 ? `: ${shown.join(", ")}` : ""}${rest > 0 ? `, and ${rest} more` : ""}`;
}

function engineTexts({ leavesNeuralEngine, operations }: CoreMlInspection): readonly string[] {
  if (Object.keys(operations).length === 0) return ["not known: no operations are read"];
  if (leavesNeuralEngine.length === 0) return ["nothing known to (unverified; a Mac decides)"];
  return leavesNeuralEngine.map(({ operation, count, why, source, verified }) => {
    const mark = verified ? "" : ", unverified";
    return `${count} × ${clipped(operation)}: ${why} (${source}${mark})`;
  });
}
