import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type {
  CoreMlInspection,
  Feature,
  FeatureType,
  Flexibility,
  ImageType,
} from "./inspection.ts";
import { leavesNeuralEngine } from "./neural-engine.ts";
import { SPEC_VERSION_MAX, systemOf } from "./specification.ts";
import { unreadable } from "./unreadable.ts";

/** What is read here of a compiled model. */
export type CompiledReading = Omit<CoreMlInspection, "format" | "sizeBytes">;

const text = v.string();
const FeatureSchema = v.looseObject({ name: text, type: text });
const ModelSchema = v.looseObject({
  specificationVersion: v.number(),
  inputSchema: v.array(FeatureSchema),
  outputSchema: v.array(FeatureSchema),
  modelType: v.looseObject({
    name: text,
    structure: v.optional(v.array(v.looseObject({ name: text }))),
  }),
  userDefinedMetadata: v.optional(v.record(text, text), {}),
  mlProgramOperationTypeHistogram: v.optional(v.record(text, v.number()), {}),
  neuralNetworkLayerTypeHistogram: v.optional(v.record(text, v.number()), {}),
  classLabels: v.optional(v.array(v.union([text, v.number()]))),
  author: v.optional(text, ""),
  shortDescription: v.optional(text, ""),
  license: v.optional(text, ""),
  version: v.optional(text, ""),
  storagePrecision: v.optional(text, ""),
  computePrecision: v.optional(text, ""),
});
/** The compiler writes a list of one model. */
const MetadataSchema = v.pipe(v.array(ModelSchema), v.minLength(1));

const NOTES: readonly string[] = [
  "kernels, dilations and constants of a compiled model are not read: the package has them",
  "which output is a classifier's is not read: the package says it",
];

/**
 * Reads a `.mlmodelc` as far as the compiler describes it in `metadata.json`. The rest of it is
 * Apple's own and not documented.
 *
 * Keys: coremltools, `mlmodel/src/DataType.cpp`, and files found in published models.
 *
 * @throws {AipError} `model-invalid`
 */
export function readCompiled(path: string): CompiledReading {
  const model = readMetadata(path);
  const { specificationVersion: specVersion } = model;
  const needs = systemOf(specVersion);
  if (needs === undefined) throw newer(path, specVersion);
  const histogram = {
    ...model.mlProgramOperationTypeHistogram,
    ...model.neuralNetworkLayerTypeHistogram,
  };
  const operations = Object.entries(histogram).map(
    ([name, count]) => [snake(name), count] as const,
  );
  const flat = operations.flatMap(([type, count]) =>
    Array.from({ length: clampCount(count) }, () => ({ type, kernel: [], dilations: [] })),
  );
  return {
    kinds: [model.modelType, ...(model.modelType.structure ?? [])].map(({ name }) =>
      name.replace(/^MLModelType_/, ""),
    ),
    specVersion,
    needs,
    functions: [
      {
        name: "main",
        inputs: model.inputSchema.map((each) => readFeature(each)),
        outputs: model.outputSchema.map((each) => readFeature(each)),
        predictedLabel: null,
        predictedScores: null,
        labels: model.classLabels?.map(String) ?? null,
      },
    ],
    suppression: null,
    metadata: model.userDefinedMetadata,
    author: model.author,
    description: model.shortDescription,
    licence: model.license,
    version: model.version,
    weightBytes: null,
    computeTypes: null,
    operations: Object.fromEntries(operations.toSorted(([, a], [, b]) => b - a)),
    leavesNeuralEngine: leavesNeuralEngine(flat),
    notes: [
      `weights ${model.storagePrecision || "unknown"}, computed in ${model.computePrecision || "unknown"}, as its compiler says`,
      ...NOTES,
    ],
  };
}

/** The model is made for a newer Core ML than is read here. */
export function newer(path: string, specVersion: number): Error {
  const known = `versions 1 to ${SPEC_VERSION_MAX} (${systemOf(SPEC_VERSION_MAX)}) are read`;
  return unreadable(path, `it has Core ML specification version ${specVersion}, ${known}`);
}

function readMetadata(path: string): v.InferOutput<typeof ModelSchema> {
  const file = join(path, "metadata.json");
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    const known = existsSync(join(path, "coremldata.bin"))
      ? "it has no metadata.json, and what else it holds is not documented"
      : "it is no compiled Core ML model: it has neither metadata.json nor coremldata.bin";
    throw unreadable(path, `${known}; give the .mlpackage it was compiled from`);
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(path, `its metadata.json is not JSON: ${error.message}`, error);
  }
  const result = v.safeParse(MetadataSchema, value);
  const model = result.success ? result.output[0] : undefined;
  if (model !== undefined) return model;
  const key = v.getDotPath(result.issues?.[0] as v.BaseIssue<unknown>) ?? "its list of models";
  throw unreadable(path, `its metadata.json is not that of a compiled model: ${key} is wrong`);
}

/** `Ios16.maxPool` → `max_pool`, the name it has in a program. */
function snake(name: string): string {
  const bare = name.replace(/^Ios\d+\./, "");
  const words = bare.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return words;
}

const OPERATION_COUNT_MAX = 100_000;

function clampCount(count: number): number {
  return Math.min(Math.max(0, Math.trunc(count) || 0), OPERATION_COUNT_MAX);
}

type RawFeature = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly type: string;
};

function readFeature(raw: RawFeature): Feature {
  return {
    name: raw.name,
    type: featureType(raw),
    optional: raw["isOptional"] === "1",
    description: typeof raw["shortDescription"] === "string" ? raw["shortDescription"] : "",
  };
}

function featureType(raw: RawFeature): FeatureType {
  switch (raw.type) {
    case "Image":
      return {
        kind: "image",
        width: Number(raw["width"]) || 0,
        height: Number(raw["height"]) || 0,
        color: COLORS[String(raw["colorspace"])] ?? "unknown",
        flexibility: swapped(flexibilityOf(raw["enumeratedSizes"], raw["sizeRange"])),
      };
    case "MultiArray": {
      const shape = numbersOf(raw["shape"]);
      return {
        kind: "multi-array",
        dtype: DTYPES[String(raw["dataType"])] ?? String(raw["dataType"]),
        shape: shape.length === 0 ? null : shape,
        flexibility: flexibilityOf(raw["enumeratedShapes"], raw["shapeRange"]),
      };
    }
    case "Dictionary":
      return { kind: "dictionary", keys: raw["keyType"] === "Int64" ? "int64" : "string" };
    case "Sequence":
      return { kind: "sequence", items: raw["valueType"] === "Int64" ? "int64" : "string" };
    case "String":
      return { kind: "string" };
    case "Int64":
      return { kind: "int64" };
    case "Double":
      return { kind: "double" };
    default:
      return { kind: "unknown" };
  }
}

const COLORS: Readonly<Record<string, ImageType["color"]>> = {
  RGB: "rgb",
  BGR: "bgr",
  Grayscale: "gray",
  Grayscale16Half: "gray16",
};

const DTYPES: Readonly<Record<string, string>> = {
  Float16: "float16",
  Float32: "float32",
  Double: "float64",
  Int32: "int32",
  Int8: "int8",
};

/** Lists stand in texts: `"[[1, 3], [32, 64]]"`. */
function flexibilityOf(enumerated: unknown, range: unknown): Flexibility | null {
  const shapes = listsOf(enumerated);
  if (shapes.length > 0) return { kind: "enumerated", shapes };
  const ranges = listsOf(range);
  if (ranges.length === 0) return null;
  const ends = ranges.map(([min = 0, max = -1]) => ({ min, max: max < 0 ? null : max }));
  return { kind: "range", ranges: ends };
}

/** Sizes stand there as width and height. */
function swapped(flexibility: Flexibility | null): Flexibility | null {
  if (flexibility?.kind === "enumerated") {
    return { ...flexibility, shapes: flexibility.shapes.map((size) => size.toReversed()) };
  }
  return flexibility && { ...flexibility, ranges: flexibility.ranges.toReversed() };
}

function listsOf(value: unknown): number[][] {
  if (typeof value !== "string") return [];
  return Array.from(value.matchAll(/\[([^[\]]*)\]/g), ([, list = ""]) => numbersOf(`[${list}]`));
}

function numbersOf(value: unknown): number[] {
  if (typeof value !== "string") return [];
  return Array.from(value.matchAll(/-?\d+/g), ([digits]) => Number(digits));
}
