import { type AipError, usageError } from "../errors.ts";
import { PAYLOAD_RANK_MAX } from "../layout/layout.gen.ts";
import type { TensorInfo } from "../native/inspection.ts";
import type { HeadHints, HeadSpec } from "./head.ts";
import { HEAD_READERS, type HeadReading, type ReadableHead } from "./head-shapes.ts";
import { manifestError } from "./manifest.ts";
import { quoted, shapeText } from "./text.ts";

/** Shapes the heads read, for messages. N: cells of the feature maps, C: classes. */
const KNOWN_SHAPES = [
  "yolox [1, N, 5 + C]",
  "yolov5 [1, 3·N, 5 + C]",
  "yolov8 [1, 4 + C, N]",
  "end-to-end [1, 300, 6]",
  "classification [1, C]",
].join(", ");

/** Tasks whose heads are read; a model for another one is refused before its shape misleads. */
const KNOWN_TASKS: readonly string[] = ["detect", "classify"];

/** Order in which the detection heads are tried; `head-shapes.ts` says why it is safe. */
const DETECTION_ORDER: readonly ReadableHead[] = ["yolov5", "yolox", "yolov8", "end-to-end"];

const FLOATS: readonly string[] = ["float32", "float16"];
const PAYLOAD_DTYPES: readonly string[] = [...FLOATS, "uint8", "int32", "int64"];

/**
 * Finds the head that reads a model's output, from the shapes of its outputs, the size of its
 * input and its metadata. A type named in the manifest is taken as given and only checked. `raw` is
 * never found, only asked for: what cannot be understood is refused.
 *
 * @throws {AipError} `head-unknown`, saying the shapes seen and the heads known
 */
export function detectHead(outputs: readonly TensorInfo[], hints: HeadHints): HeadSpec {
  const candidates = candidateOutputs(outputs, hints);
  const { type } = hints.manifest;
  if (type === "raw") return rawHead(outputs, candidates[0], hints);
  if (type === undefined && hints.task !== null && !KNOWN_TASKS.includes(hints.task)) {
    const known = `known: ${KNOWN_TASKS.join(", ")}; ${rawHint(hints)}`;
    throw headError(
      hints,
      `it is made for the task ${quoted(hints.task)}, no head reads it (${known})`,
    );
  }
  for (const output of candidates) {
    const reading = read(output, candidates.length, hints);
    if (reading === undefined) continue;
    if (!FLOATS.includes(output.dtype)) {
      throw headError(
        hints,
        `output ${quoted(output.name)} is ${output.dtype}, not float32 or float16`,
      );
    }
    return complete(reading, outputs, output, hints);
  }
  throw unknownHead(candidates, hints);
}

function candidateOutputs(outputs: readonly TensorInfo[], hints: HeadHints): readonly TensorInfo[] {
  const name = hints.manifest.output;
  if (outputs.length === 0) throw headError(hints, "it has no output");
  if (name === undefined) return outputs;
  const named = outputs.filter((output) => output.name === name);
  if (named.length === 0) {
    const known = outputs.map((output) => quoted(output.name)).join(", ");
    throw manifestError(
      hints.manifestPath,
      `"head.output" is ${quoted(name)}, which the model lacks (known: ${known})`,
    );
  }
  return named;
}

function read(output: TensorInfo, outputCount: number, hints: HeadHints): HeadReading | undefined {
  const { type } = hints.manifest;
  // Only the model itself can say that it ends in non-maximum suppression.
  if (type === "nms-pipeline") return undefined;
  if (type !== undefined && type !== "raw") return HEAD_READERS[type](output, hints);
  const order: ReadableHead[] = hints.task === "classify" ? [] : [...DETECTION_ORDER];
  // Among several outputs [1, C] is more likely the scores of boxes than a classification.
  if (outputCount === 1 && hints.task !== "detect") order.push("classification");
  for (const each of order) {
    const reading = HEAD_READERS[each](output, hints);
    if (reading !== undefined) return reading;
  }
  return undefined;
}

function complete(
  reading: HeadReading,
  outputs: readonly TensorInfo[],
  output: TensorInfo,
  { manifest }: HeadHints,
): HeadSpec {
  return {
    ...reading,
    output: output.name,
    outputIndex: outputs.indexOf(output),
    shape: output.shape,
    normalized: manifest.normalized ?? false,
    activation: manifest.activation ?? reading.activation,
  };
}

function rawHead(
  outputs: readonly TensorInfo[],
  output: TensorInfo | undefined,
  hints: HeadHints,
): HeadSpec {
  if (output === undefined || !PAYLOAD_DTYPES.includes(output.dtype)) {
    const known = PAYLOAD_DTYPES.join(", ");
    throw headError(
      hints,
      `output ${quoted(output?.name ?? "")} is ${output?.dtype} (known: ${known})`,
    );
  }
  if (output.shape.length > PAYLOAD_RANK_MAX) {
    const seen = `output ${quoted(output.name)} has ${output.shape.length} dimensions`;
    throw headError(hints, `${seen}, at most ${PAYLOAD_RANK_MAX} can be handed on`);
  }
  if (output.shape.includes(-1, 1)) {
    const seen = `output ${quoted(output.name)} has shape ${shapeText(output.shape)}`;
    throw headError(hints, `${seen}, only a tensor of known size can be handed on`);
  }
  const why = `asked for: output ${quoted(output.name)} is handed on as it is`;
  const reading = { type: "raw", why, classCount: 0, strides: [], transposed: false } as const;
  return complete({ ...reading, activation: "none" }, outputs, output, hints);
}

function unknownHead(candidates: readonly TensorInfo[], hints: HeadHints): AipError {
  const { size, nameCount, manifest } = hints;
  const seen = candidates
    .map(({ name, shape }) => `output ${quoted(name)} has shape ${shapeText(shape)}`)
    .join(", ");
  const names =
    nameCount === null ? "" : ` and ${nameCount} class name${nameCount === 1 ? "" : "s"}`;
  const given = `with input ${size.width}×${size.height}${names}`;
  const failed =
    manifest.type === undefined ? "no head reads it" : `it is no ${manifest.type} head`;
  const open = candidates.some(({ shape }) => shape.length === 3 && shape.includes(-1, 1));
  const hint = open ? `name its head in "${hints.manifestPath}"` : rawHint(hints);
  return headError(hints, `${seen}, ${failed} ${given} (known: ${KNOWN_SHAPES}; ${hint})`);
}

function rawHint({ manifestPath }: HeadHints): string {
  return `"head": {"type": "raw"} in "${manifestPath}" hands the tensor on as it is`;
}

function headError({ path }: HeadHints, what: string): AipError {
  return usageError("head-unknown", `Cannot open model "${path}": ${what}`);
}
