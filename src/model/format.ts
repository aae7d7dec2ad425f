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
  const lines = [
    ...tensorLines("inputs", inspection.inputs),
    ...tensorLines("outputs", inspection.outputs),
    ...fileLines(inspection),
    "",
    ...(result instanceof Error ? [row("cannot run", result.message)] : specLines(result)),
  ];
  return `${lines.join("\n")}\n`;
}

/** The same as a JSON value: `{"inspection", "model"}`, or `{"inspection", "error"}`. */
export function inspectionJson(
  result: ModelSpec | AipError,
  inspection: OnnxInspection,
): Readonly<Record<string, unknown>> {
  if (!(result instanceof Error)) return { inspection, model: result };
  return { inspection, error: { code: result.code, message: result.message } };
}

function row(label: string, text: string): string {
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

function fileLines({ producer, description, metadata }: OnnxInspection): string[] {
  const lines: string[] = [];
  if (producer !== "") lines.push(row("producer", clipped(producer)));
  if (description !== "") lines.push(row("description", clipped(description)));
  Object.entries(metadata).forEach(([key, value], index) => {
    lines.push(row(index === 0 ? "metadata" : "", `${clipped(key)} = ${clipped(value)}`));
  });
  return lines;
}

function specLines(spec: ModelSpec): string[] {
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
  spec.notes.forEach((note, index) => {
    lines.push(row(index === 0 ? "notes" : "", note));
  });
  return lines;
}

function keptText({ head, confidence, iou, agnostic, detectionLimit }: ModelSpec): string {
  const best = `the best ${detectionLimit}`;
  const chosen = confidence > 0 ? `${best} of confidence ${confidence} and above` : best;
  if (head.type === "classification" || head.type === "end-to-end") return chosen;
  return `${chosen}, after NMS at IoU ${iou} ${agnostic ? "across classes" : "per class"}`;
}

const PLACES: Readonly<Record<InputSpec["letterbox"], string>> = {
  "top-left": "letterboxed top left",
  centre: "letterboxed, centred",
  stretch: "stretched",
};

function pictureText(input: InputSpec): string {
  const size = `${input.width}×${input.height} ${input.channels.toUpperCase()}`;
  const tensor = `${input.layout.toUpperCase()} ${input.dtype}`;
  const padding = input.letterbox === "stretch" ? "" : ` on grey ${input.pad}`;
  return `${size}, ${PLACES[input.letterbox]}${padding}; ${tensor}`;
}

function batchText({ batchSize }: ModelSpec): string {
  if (batchSize === null) return "as many pictures at a time as are given";
  return batchSize === 1 ? "one picture at a time" : `${batchSize} pictures at a time`;
}

function pixelText({ scale, mean, std, channels }: InputSpec): string {
  const factor = scale === 1 ? "0–255" : scale === 1 / 255 ? "0–1" : `0–255 × ${scale}`;
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) return factor;
  const count = channels === "gray" ? 1 : 3;
  const list = (values: readonly number[]): string => values.slice(0, count).join(" ");
  return `${factor}, minus ${list(mean)}, divided by ${list(std)}`;
}

const LABEL_SOURCES: Readonly<Record<ModelSpec["labelsFrom"], string>> = {
  manifest: "from the manifest",
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
function clipped(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length <= VALUE_LENGTH_MAX ? line : `${line.slice(0, VALUE_LENGTH_MAX - 1)}…`;
}
