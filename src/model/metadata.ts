import type { ModelInspection } from "./inspection.ts";
import { type PythonValue, parsePythonLiteral } from "./python-literal.ts";

/** What a model's custom metadata says, as far as it concerns inference. */
export interface ModelMetadata {
  /** Written by Ultralytics' exporter: YOLOv5, v8, v11 and their kin. */
  readonly ultralytics: boolean;
  /** Class names, class 0 first; null where none are given. */
  readonly names: readonly string[] | null;
  /** Input size in pixels the model was exported for. */
  readonly inputSize: { readonly width: number; readonly height: number } | null;
  /** Largest stride of the feature maps, in pixels. */
  readonly strideMax: number | null;
  /** `detect`, `classify`, `segment`, `pose`, `obb`. */
  readonly task: string | null;
  readonly licence: string | null;
  /** What could not be read, one sentence each. */
  readonly notes: readonly string[];
}

/** Class names beyond this number are not read; no detector comes near. */
export const CLASS_NAME_COUNT_MAX = 65_536;

/**
 * Reads the custom metadata of a model, in the form Ultralytics' exporter writes it: `names` is
 * the `repr` of a Python dict or list, `imgsz` that of `[height, width]`, `stride` a number.
 * An entry that cannot be read is left out and noted; it is not the model that is at fault.
 */
export function readMetadata({ metadata }: Pick<ModelInspection, "metadata">): ModelMetadata {
  const notes: string[] = [];
  const read = <T>(key: string, parse: (value: PythonValue) => T): T | null => {
    const text = metadata[key];
    if (text === undefined) return null;
    try {
      return parse(parsePythonLiteral(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      notes.push(`metadata "${key}" cannot be read and is left out: ${error.message}`);
      return null;
    }
  };
  const names = read("names", classNames);
  return {
    ultralytics:
      metadata["author"] === "Ultralytics" || ("names" in metadata && "stride" in metadata),
    names: names !== null && names.length > 0 ? names : null,
    inputSize: read("imgsz", inputSize),
    strideMax: read("stride", strideMax),
    task: metadata["task"] ?? null,
    licence: metadata["license"] ?? metadata["licence"] ?? null,
    notes,
  };
}

/** Names of a list, or of a dict from class number to name; numbers without one get `class N`. */
export function classNames(value: PythonValue): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => className(item));
  if (!(value instanceof Map)) throw new SyntaxError("neither a dict nor a list of names");
  const byId = new Map<number, string>();
  for (const [key, item] of value as ReadonlyMap<unknown, PythonValue>) {
    const id = typeof key === "string" && /^\d+$/.test(key) ? Number(key) : key;
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= CLASS_NAME_COUNT_MAX) {
      throw new SyntaxError(`${JSON.stringify(key)} is no class number`);
    }
    byId.set(id, className(item));
  }
  const length = Math.max(-1, ...byId.keys()) + 1;
  return Array.from({ length }, (_, id) => byId.get(id) ?? `class ${id}`);
}

function className(value: PythonValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new SyntaxError(`${JSON.stringify(value)} is no class name`);
}

function inputSize(value: PythonValue): { width: number; height: number } {
  const [height, width] = Array.isArray(value) ? value : [value, value];
  if (!isPixelCount(height) || !isPixelCount(width)) {
    throw new SyntaxError("neither a size nor [height, width]");
  }
  return { width, height };
}

function strideMax(value: PythonValue): number {
  const stride = Array.isArray(value) ? Math.max(...value.map(Number)) : value;
  if (!isPixelCount(stride)) throw new SyntaxError("not a whole number of pixels");
  return stride;
}

function isPixelCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_536;
}
