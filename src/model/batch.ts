import { type AipError, usageError } from "../errors.ts";
import { BATCH_SIZE_MAX } from "../layout/layout.gen.ts";
import type { TensorInfo } from "../native/inspection.ts";
import type { ModelInspection } from "./inspection.ts";
import { quoted, shapeText } from "./text.ts";

/**
 * Pictures a model takes in one run, by the first dimension of its input: the number it was made
 * for, or null for any number.
 *
 * @param path The model's file, for messages.
 * @throws {AipError} `model-input` where it is made for more than can be given
 */
export function modelBatchSize(
  path: string,
  { inputs }: Pick<ModelInspection, "inputs">,
): number | null {
  const size = inputs[0]?.shape[0] ?? 1;
  if (size < 0) return null;
  if (size <= BATCH_SIZE_MAX) return Math.max(size, 1);
  const what = `it takes ${size} pictures at a time`;
  throw batchError(path, `${what}, at most ${BATCH_SIZE_MAX} can be given: export it with fewer`);
}

/**
 * The outputs as they are for one picture, which is what heads read: those of a model made for
 * several lie one behind the other along the first axis.
 *
 * @param batchSize as `modelBatchSize` says
 */
export function outputsPerFrame(
  outputs: readonly TensorInfo[],
  batchSize: number | null,
): readonly TensorInfo[] {
  if (batchSize === null || batchSize === 1) return outputs;
  return outputs.map((output) => {
    const [first, ...rest] = output.shape;
    const isPerFrame = first === batchSize || first === -1;
    return isPerFrame ? { ...output, shape: [1, ...rest] } : output;
  });
}

/**
 * Pictures the model can be given in one run for an output to be read: one, where the model takes
 * any number but the output does not follow it.
 *
 * @throws {AipError} `model-input` where answers to several pictures cannot be told apart
 */
export function readableBatchSize(
  path: string,
  batchSize: number | null,
  output: TensorInfo | undefined,
): number | null {
  if (batchSize === 1 || output === undefined) return batchSize;
  const [first, ...rest] = output.shape;
  const follows = rest.length > 0 && (first === -1 || first === batchSize);
  if (follows) return batchSize;
  if (batchSize === null) return 1;
  throw batchError(
    path,
    `it takes ${batchSize} pictures at a time, but output ${quoted(output.name)} has shape ` +
      `${shapeText(output.shape)}: the answers to them cannot be told apart`,
  );
}

function batchError(path: string, what: string): AipError {
  return usageError("model-input", `Cannot open model "${path}": ${what}`);
}
