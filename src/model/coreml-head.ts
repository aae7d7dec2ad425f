import type { ModelFunction, Suppression } from "../coreml/inspection.ts";
import { type AipError, usageError } from "../errors.ts";
import { toTensor } from "./coreml-tensor.ts";
import type { HeadSpec } from "./head.ts";
import type { StatedHead } from "./inspection.ts";
import { quoted } from "./text.ts";

/**
 * The head a model states itself: that of a classifier, or of a pipeline that ends in non-maximum
 * suppression; undefined where only the shapes of its outputs tell.
 *
 * @throws {AipError} `head-unknown` where the outputs it names are not there
 */
export function statedHead(
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
function isShare(threshold: number | null): threshold is number {
  return threshold !== null && threshold > 0 && threshold <= 1;
}

/** Which outputs hold the answer, as lines of `key=value` for the native session. */
export function answerOf({ output, boxesOutput }: HeadSpec, { outputs }: ModelFunction): string {
  if (boxesOutput !== undefined) return `coordinates=${boxesOutput}\nconfidence=${output}`;
  const { kind } = outputs.find(({ name }) => name === output)?.type ?? {};
  return `${kind === "dictionary" ? "probabilities" : "output"}=${output}`;
}

function headError(path: string, what: string): AipError {
  return usageError("head-unknown", `Cannot open model "${path}": ${what}`);
}
