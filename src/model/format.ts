import type { CoreMlInspection } from "../coreml/inspection.ts";
import type { AipError } from "../errors.ts";
import type { OnnxInspection, TensorInfo } from "../native/inspection.ts";
import type { ModelSpec } from "./model.ts";
import type { InputSpec } from "./preprocess.ts";
import { quoted, shapeText } from "./text.ts";

/** Class names shown before the rest is counted. */
const NAMES_SHOWN_MAX = 12;
/** Characters of a metadata value shown. */
const VALUE_LENGTH_MAX = 72;
const LABEL_WIDTH = 13;

/**
 * What `aip models inspect` prints: a model's inputs, outputs and metadata as the file has them,
 * and how it will be run, or why it cannot be.
 *
 * @param result What `describeModel` returned, or the error it threw.
 * @returns Lines without colour, the last one ended.
 */
export function formatInspection(result: ModelSpec | AipError, inspection: OnnxInspection): string {
  const { producer, description, metadata } = inspection;
  return inspectionText(result, [
    ...tensorLines("inputs", inspection.inputs),
    ...tensorLines("outputs", inspection.outputs),
    ...textLines([
      ["producer", producer],
      ["description", description],
    ]),
    ...metadataLines(metadata),
  ]);
}

/** What a file has, then how it will be run, or why it cannot be. */
export function inspectionText(result: ModelSpec | AipError, found: readonly string[]): string {
  const use = result instanceof Error ? [row("cannot run", result.message)] : specLines(result);
  return `${[...found, "", ...use].join("\n")}\n`;
}

/** The same as a JSON value: `{"inspection", "model"}`, or `{"inspection", "error"}`. */
export function inspectionJson(
  result: ModelSpec | AipError,
  inspection: OnnxInspection | CoreMlInspection,
): Readonly<Record<string, unknown>> {
  if (!(result instanceof Error)) return { inspection, model: result };
  return { inspection, error: { code: result.code, message: result.message } };
}

/** A line with its label. */
export function row(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${text}`.trimEnd();
}

function tensorLines(label: string, tensors: readonly TensorInfo[]): string[] {
  if (tensors.length === 0) return [row(label, "none")];
  const names = tensors.map(({ name }) => clipped(name));
  const nameWidth = Math.max(...names.map((name) => name.length));
  return tensors.map(({ dtype, shape }, index) => {
    const text = `${(names[index] ?? "").padEnd(nameWidth)}  ${dtype} ${shapeText(shape)}`;
    return row(index === 0 ? label : "", text);
  });
}

/** A line for each text that is not empty. */
export function textLines(texts: readonly (readonly [label: string, text: string])[]): string[] {
  const given = texts.filter(([, text]) => text !== "");
  return given.map(([label, text]) => row(label, clipped(text)));
}

/** A line for each entry, the first with the label. */
export function metadataLines(metadata: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(metadata);
  return listLines(
    "metadata",
    entries.map(([key, value]) => `${clipped(key)} = ${clipped(value)}`),
  );
}

/** A line for each text, the first with the label. */
export function listLines(label: string, texts: readonly string[]): string[] {
  return texts.map((text, index) => row(index === 0 ? label : "", text));
}

/** How a model will be run. */
export function specLines(spec: ModelSpec): string[] {
  const { head, input } = spec;
  const lines = [
    row("name", spec.name),
    row("head", `${head.type} from output ${quoted(head.output)}`),
    row("why", head.why),
    row("picture", pictureText(input)),
    row("pixels", pixelText(input)),
    row("batch", batchText(spec)),
  ];
  if (head.type !== "raw") {
    lines.push(row("classes", classText(spec)), row("keeps", keptText(spec)));
  }
  lines.push(row("licence", spec.licence ?? "not stated"));
  return [...lines, ...listLines("notes", spec.notes)];
}

function keptText({ head, confidence, iou, agnostic, detectionLimit }: ModelSpec): string {
  const best = `the best ${detectionLimit}`;
  const chosen = confidence > 0 ? `${best} of confidence ${confidence} and above` : best;
  if (head.type === "classification" || head.type === "end-to-end") return chosen;
  if (head.type === "nms-pipeline") return `${chosen}, after its own NMS at IoU ${iou}`;
  return `${chosen}, after NMS at IoU ${iou} ${agnostic ? "across classes" : "per class"}`;
}

const PLACES: Readonly<Record<InputSpec["letterbox"], string>> = {
  "top-left": "letterboxed top left",
  centre: "letterboxed, centred",
  stretch: "stretched",
};

function pictureText(input: InputSpec): string {
  const kind = input.pixelFormat ?? input.channels.toUpperCase();
  const size = `${input.width}×${input.height} ${kind}`;
  const isPicture = input.pixelFormat !== undefined;
  const tensor = isPicture ? "a pixel buffer" : `${input.layout.toUpperCase()} ${input.dtype}`;
  const padding = input.letterbox === "stretch" ? "" : ` on grey ${input.pad}`;
  return `${size}, ${PLACES[input.letterbox]}${padding}; ${tensor}`;
}

function batchText({ batchSize }: ModelSpec): string {
  if (batchSize === null) return "as many pictures at a time as are given";
  return batchSize === 1 ? "one picture at a time" : `${batchSize} pictures at a time`;
}

function pixelText({ scale, mean, std, channels, pixelFormat, dtype }: InputSpec): string {
  if (pixelFormat !== undefined && dtype === "u8") return "0–255, scaled inside the model";
  const factor = scale === 1 ? "0–255" : scale === 1 / 255 ? "0–1" : `0–255 × ${scale}`;
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) return factor;
  const count = channels === "gray" ? 1 : 3;
  const list = (values: readonly number[]): string => values.slice(0, count).join(" ");
  return `${factor}, minus ${list(mean)}, divided by ${list(std)}`;
}

const LABEL_SOURCES: Readonly<Record<ModelSpec["labelsFrom"], string>> = {
  manifest: "from the manifest",
  model: "the model's own",
  metadata: "from the metadata",
  coco: "COCO's",
  none: "not named",
};

function classText({ head, labels, labelsFrom }: ModelSpec): string {
  const count = head.classCount === 0 ? "number not known" : String(head.classCount);
  const start = `${count}, ${LABEL_SOURCES[labelsFrom]}`;
  if (labels.length === 0) return start;
  const shown = labels.slice(0, NAMES_SHOWN_MAX).map((label) => clipped(label));
  const rest = labels.length - shown.length;
  return `${start}: ${shown.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

/**
 * One line of bounded length: line ends and control characters of a file stay out of a terminal.
 */
export function clipped(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length <= VALUE_LENGTH_MAX ? line : `${line.slice(0, VALUE_LENGTH_MAX - 1)}…`;
}
