import type { InputSize } from "../config/run-config.ts";
import { AipError } from "../errors.ts";
import { resolveModel } from "../model/catalog.ts";
import { formatInspection, inspectionJson } from "../model/format.ts";
import { describeModel, type ModelSpec } from "../model/model.ts";
import { inspectOnnx } from "../native/library.ts";

/**
 * What `aip models inspect` prints of a model: what the file says, and how a run would use it or
 * why none can.
 *
 * @throws {AipError} where the file is no readable model
 */
export function inspectModel(
  nameOrPath: string,
  options: { readonly json: boolean; readonly inputSize: InputSize | undefined },
): string {
  const { path, manifest } = resolveModel(nameOrPath);
  const inspection = inspectOnnx(path);
  let result: ModelSpec | AipError;
  try {
    const { inputSize } = options;
    const overrides = inputSize === undefined ? {} : { inputSize };
    result = describeModel(path, inspection, manifest, overrides);
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    result = error;
  }
  if (!options.json) return formatInspection(result, inspection);
  return `${JSON.stringify(inspectionJson(result, inspection), null, 2)}\n`;
}
