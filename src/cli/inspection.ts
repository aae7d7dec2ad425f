import type { InputSize } from "../config/run-config.ts";
import { inspectCoreMl } from "../coreml/inspect.ts";
import { AipError } from "../errors.ts";
import { type ModelFile, resolveModel } from "../model/catalog.ts";
import { formatCoreMlInspection } from "../model/coreml-format.ts";
import { describeCoreMlModel } from "../model/coreml-model.ts";
import { formatInspection, inspectionJson } from "../model/format.ts";
import { describeModel, type ModelOverrides, type ModelSpec } from "../model/model.ts";

export interface InspectionOptions {
  readonly json: boolean;
  readonly inputSize: InputSize | undefined;
}

/** What is printed of a model. */
export interface InspectionText {
  readonly text: string;
  /** Whether a run can use it. */
  readonly isUsable: boolean;
}

/**
 * What `aip models inspect` prints of a model: what the file says, and how a run would use it or
 * why none can.
 *
 * @throws {AipError} where the file is no readable model
 */
export async function inspectModel(
  nameOrPath: string,
  options: InspectionOptions,
): Promise<InspectionText> {
  const { inputSize } = options;
  const overrides = inputSize === undefined ? {} : { inputSize };
  const file = resolveModel(nameOrPath);
  return file.format === "coreml"
    ? inspectCoreMlFile(file, overrides, options)
    : await inspectOnnxFile(file, overrides, options);
}

async function inspectOnnxFile(
  { path, manifest }: ModelFile,
  overrides: ModelOverrides,
  { json }: InspectionOptions,
): Promise<InspectionText> {
  // Only an ONNX file needs the native library.
  const { inspectOnnx } = await import("../native/library.ts");
  const inspection = inspectOnnx(path);
  const result = specOrError(() => describeModel(path, inspection, manifest, overrides));
  const text = json
    ? jsonText(inspectionJson(result, inspection))
    : formatInspection(result, inspection);
  return { text, isUsable: !(result instanceof Error) };
}

function inspectCoreMlFile(
  { path, manifest }: ModelFile,
  overrides: ModelOverrides,
  { json }: InspectionOptions,
): InspectionText {
  const inspection = inspectCoreMl(path);
  const result = specOrError(() => describeCoreMlModel(path, inspection, manifest, overrides));
  const text = json
    ? jsonText(inspectionJson(result, inspection))
    : formatCoreMlInspection(result, inspection);
  return { text, isUsable: !(result instanceof Error) };
}

function specOrError(describe: () => ModelSpec): ModelSpec | AipError {
  try {
    return describe();
  } catch (error) {
    if (error instanceof AipError) return error;
    throw error;
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
