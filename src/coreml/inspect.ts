import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { AipError } from "../errors.ts";
import { newer, readCompiled } from "./compiled.ts";
import { traitsOffNeuralEngine } from "./engine-traits.ts";
import type { CoreMlInspection } from "./inspection.ts";
import { type ModelReading, NewerSpecification, readModel } from "./model.ts";
import { leavesNeuralEngine } from "./neural-engine.ts";
import { tally } from "./operation.ts";
import { locatePackage, type ModelPlace } from "./package.ts";
import { readPackageMetadata } from "./package-metadata.ts";
import { systemOf } from "./specification.ts";
import { unreadable } from "./unreadable.ts";
import { checkWeights } from "./weights.ts";

/** How Core ML models lie on disk, by the ending of their names. */
export const COREML_FORMATS = ["mlpackage", "mlmodel", "mlmodelc"] as const;
export type CoreMlFormat = (typeof COREML_FORMATS)[number];

/** A Protocol Buffers message is at most this long. */
const MODEL_BYTES_MAX = 2 ** 31 - 1;
/** Files in a package; it has a handful. */
const FILE_COUNT_MAX = 10_000;

/** The format a path's ending names; undefined where it is none of Core ML's. */
export function coreMlFormat(path: string): CoreMlFormat | undefined {
  const ending = /\.([a-z]+)\/*$/i.exec(path)?.[1]?.toLowerCase();
  return COREML_FORMATS.find((format) => format === ending);
}

/**
 * Reads what a Core ML model says of itself, on any machine: without Core ML, without running it,
 * and without reading its weights.
 *
 * - `.mlpackage`: everything, and whether its weight files are whole.
 * - `.mlmodel`: everything.
 * - `.mlmodelc`: what its compiler wrote into `metadata.json`; notes say what is missing.
 *
 * @throws {AipError} `model-invalid`: no model, damaged, cut short, or for a newer Core ML
 *
 * @example
 * ```ts
 * const { functions } = inspectCoreMl("detector.mlpackage");
 * functions[0].inputs[0].type; // { kind: "image", width: 416, height: 416, color: "bgr", … }
 * ```
 */
export function inspectCoreMl(path: string): CoreMlInspection {
  const format = coreMlFormat(path);
  if (format === undefined) throw new TypeError(`inspectCoreMl: "${path}" is no Core ML model`);
  try {
    const stats = statSync(path);
    if (stats.isDirectory() !== (format !== "mlmodel")) throw wrongKind(path, format, stats);
    const sizeBytes = stats.isDirectory() ? folderBytes(path) : stats.size;
    if (format === "mlmodelc") return { format, sizeBytes, ...readCompiled(path) };
    const place = format === "mlpackage" ? locatePackage(path) : alone(path);
    const reading = readModelFile(path, place.file);
    checkWeights(path, place.folder, reading.constants);
    const edited = place.metadataFile === null ? {} : readPackageMetadata(path, place.metadataFile);
    return { format, sizeBytes, ...summary(reading), ...edited };
  } catch (error) {
    if (error instanceof AipError || !isSystemError(error)) throw error;
    throw unreadable(path, `it cannot be read (${error.code})`, error);
  }
}

/** A model that is one file. */
function alone(path: string): ModelPlace {
  return { file: path, folder: dirname(path), metadataFile: null };
}

function readModelFile(path: string, file: string): ModelReading {
  const { size } = statSync(file);
  if (size === 0) throw unreadable(path, "its model file is empty");
  if (size > MODEL_BYTES_MAX) throw unreadable(path, "its model file is larger than 2 GiB");
  const message = readFileSync(file);
  try {
    return readModel(message);
  } catch (error) {
    // What cannot be decoded says so in these two; anything else is a fault of this program.
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    if (error instanceof NewerSpecification) throw newer(path, error.specVersion);
    const what = `its model file is damaged, cut short or no Core ML model: ${error.message}`;
    throw unreadable(path, what, error);
  }
}

function summary(reading: ModelReading): Omit<CoreMlInspection, "format" | "sizeBytes"> {
  const { operations, constants, resultTypes, specVersion, ...said } = reading;
  const isProgram = said.kinds.includes("mlProgram");
  const floats = resultTypes.filter((dtype) => /^b?float/.test(dtype));
  const computeTypes = isProgram ? tally(floats.map((dtype) => [dtype, 1])) : null;
  return {
    ...said,
    specVersion,
    needs: systemOf(specVersion) ?? "",
    weightBytes: tally(constants.map(({ dtype, sizeBytes }) => [dtype, sizeBytes ?? 0])),
    computeTypes,
    operations: tally(operations.map(({ type }) => [type, 1])),
    leavesNeuralEngine: [
      ...leavesNeuralEngine(operations),
      ...traitsOffNeuralEngine({ ...said, computeTypes }),
    ],
    notes: [],
  };
}

function wrongKind(path: string, format: CoreMlFormat, stats: Stats): AipError {
  const seen = stats.isDirectory() ? "a folder" : stats.isFile() ? "a file" : "no regular file";
  const right = format === "mlmodel" ? "a file" : "a folder";
  return unreadable(path, `it is ${seen}, but a .${format} is ${right}`);
}

/** Size of everything in a folder; links count as what they point to. */
function folderBytes(folder: string): number {
  const entries: Dirent[] = readdirSync(folder, { recursive: true, withFileTypes: true });
  if (entries.length > FILE_COUNT_MAX) {
    throw unreadable(folder, `it holds more than ${FILE_COUNT_MAX} files`);
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }))
    .reduce((sum, stats) => sum + (stats?.isFile() === true ? stats.size : 0), 0);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
