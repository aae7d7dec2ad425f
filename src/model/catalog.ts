import { existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { coreMlFormat } from "../coreml/inspect.ts";
import { type AipError, usageError } from "../errors.ts";
import { manifestPathOf, withoutModelEnding } from "../model-path.ts";
import { nearest } from "../nearest.ts";
import { externalDataFiles } from "../onnx/external-data.ts";
import { loadManifest, type ModelManifest } from "./manifest.ts";
import { checkOnnxFile } from "./onnx-file.ts";

/** A model file that exists and looks like one, with what its manifest says. */
export interface ModelFile {
  readonly path: string;
  readonly format: "onnx" | "coreml";
  /** The bundled model's name, or the file's without its extension. */
  readonly name: string;
  readonly manifest: ModelManifest | null;
}

/** Models that come with the package, by name. Each has a manifest beside it. */
export const BUNDLED_MODELS: Readonly<Record<string, string>> = {
  demo: fileURLToPath(new URL("../../models/demo.onnx", import.meta.url)),
};

/** Formats people try, and the way from them to one that is read. */
const OTHER_FORMATS: Readonly<Record<string, string>> = {
  ".pt": "PyTorch weights must be exported to ONNX first",
  ".pth": "PyTorch weights must be exported to ONNX first",
  ".tflite": "TensorFlow Lite models must be converted to ONNX first",
  ".engine": "TensorRT engines are bound to one GPU: give the ONNX model they were built from",
};

/**
 * Finds a model by the name of a bundled one or by its path, and reads the manifest beside it. A
 * file that has a bundled model's name is meant by `./demo`. A Core ML model is read no further.
 *
 * @throws {AipError} category `usage`: `model-not-found`, with the nearest name; `model-invalid`
 *   where the file is of another kind, empty or cut short; `manifest-invalid`
 *
 * @example
 * ```ts
 * resolveModel("demo").path; // …/models/demo.onnx
 * resolveModel("weights/yolox_nano.onnx").name; // "yolox_nano"
 * ```
 */
export function resolveModel(nameOrPath: string): ModelFile {
  const bundled = Object.hasOwn(BUNDLED_MODELS, nameOrPath);
  const path = bundled ? (BUNDLED_MODELS[nameOrPath] as string) : nameOrPath;
  const stats = statOf(path);
  if (stats === undefined) throw bundled ? incomplete(nameOrPath, path) : notFound(nameOrPath);
  const otherFormat = OTHER_FORMATS[extname(path).toLowerCase()];
  if (otherFormat !== undefined) throw invalid(path, otherFormat);
  const format = coreMlFormat(path) === undefined ? "onnx" : "coreml";
  if (format === "onnx") checkOnnx(path, stats);
  const manifestPath = manifestPathOf(path);
  return {
    path,
    format,
    name: bundled ? nameOrPath : basename(withoutModelEnding(path)),
    manifest: existsSync(manifestPath) ? loadManifest(manifestPath) : null,
  };
}

function checkOnnx(path: string, stats: Stats): void {
  if (!stats.isFile()) {
    const what = `it is ${kindOf(stats)}, not an ONNX file or a Core ML model`;
    throw invalid(path, what);
  }
  try {
    checkOnnxFile(path);
    const missing = externalDataFiles(path).find((file) => !existsSync(file));
    if (missing !== undefined) {
      throw invalid(path, `its weights are in "${missing}", which is missing`);
    }
  } catch (error) {
    if (isSystemError(error)) throw invalid(path, `it cannot be read (${error.code})`, error);
    throw error;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw invalid(path, `it cannot be read (${error.code})`, error);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

function kindOf(stats: Stats): string {
  return stats.isDirectory() ? "a folder" : "no regular file";
}

function notFound(nameOrPath: string): AipError {
  const near = nearest(nameOrPath, Object.keys(BUNDLED_MODELS)) ?? nearestFile(nameOrPath);
  const known = Object.keys(BUNDLED_MODELS).join(", ");
  const hint = near === undefined ? ` (bundled: ${known})` : `; did you mean "${near}"?`;
  return usageError("model-not-found", `Cannot open model "${nameOrPath}": no such file${hint}`);
}

/** The model in the same folder whose name is nearest. */
function nearestFile(path: string): string | undefined {
  const folder = dirname(path);
  if (statOf(folder)?.isDirectory() !== true) return undefined;
  const models = readdirSync(folder).filter((name) => withoutModelEnding(name) !== name);
  const near = nearest(basename(path), models);
  return near === undefined ? undefined : join(folder, near);
}

function incomplete(name: string, path: string): AipError {
  const what = `the bundled model "${name}" is missing from this installation (${path})`;
  return usageError("model-not-found", `Cannot open model "${name}": ${what}`);
}

function invalid(path: string, what: string, cause?: unknown): AipError {
  return usageError("model-invalid", `Cannot open model "${path}": ${what}`, cause);
}
