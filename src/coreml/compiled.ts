import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { readCompiledFeature } from "./compiled-feature.ts";
import { type EngineTraits, traitsOffNeuralEngine } from "./engine-traits.ts";
import type { CoreMlInspection, Feature, Suppression } from "./inspection.ts";
import { leavesNeuralEngine } from "./neural-engine.ts";
import { tally } from "./operation.ts";
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
  "class names and thresholds in a compiled model are not read: the package has them",
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
  const operations = Object.entries(histogram).map(([name, count]) => ({
    type: snake(name),
    count,
    kernel: [],
    dilations: [],
  }));
  const { structure = [model.modelType] } = model.modelType;
  const kinds = structure.map(({ name }) => name.replace(/^MLModelType_/, ""));
  const inputs = model.inputSchema.map((each) => readCompiledFeature(each));
  const outputs = model.outputSchema.map((each) => readCompiledFeature(each));
  const traits: EngineTraits = {
    functions: [
      {
        name: "main",
        inputs,
        outputs,
        // Nothing but a classifier gives a label and a dictionary of scores.
        predictedLabel: nameOf(outputs, "string") ?? nameOf(outputs, "int64"),
        predictedScores: nameOf(outputs, "dictionary"),
        labels: null,
      },
    ],
    suppression: kinds.at(-1) === "nonMaximumSuppression" ? suppressionOf(inputs, outputs) : null,
    computeTypes: null,
  };
  return {
    ...traits,
    kinds,
    specVersion,
    needs,
    metadata: model.userDefinedMetadata,
    author: model.author,
    description: model.shortDescription,
    licence: model.license,
    version: model.version,
    weightBytes: null,
    operations: tally(operations.map(({ type, count }) => [type, count])),
    leavesNeuralEngine: [...leavesNeuralEngine(operations), ...traitsOffNeuralEngine(traits)],
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

function nameOf(features: readonly Feature[], kind: Feature["type"]["kind"]): string | null {
  return features.find(({ type }) => type.kind === kind)?.name ?? null;
}

/** Which features are a suppression's, by the names that converters give them. */
function suppressionOf(
  inputs: readonly Feature[],
  outputs: readonly Feature[],
): Suppression | null {
  const threshold = (pattern: RegExp): string | null =>
    inputs.find(({ name, type }) => type.kind === "double" && pattern.test(name))?.name ?? null;
  const coordinates = outputs.find(({ name }) => name === "coordinates");
  const confidence = outputs.find(({ name }) => name === "confidence");
  if (coordinates === undefined || confidence === undefined) return null;
  return {
    confidence: confidence.name,
    coordinates: coordinates.name,
    iouInput: threshold(/iou/i),
    confidenceInput: threshold(/confidence/i),
    iouThreshold: null,
    confidenceThreshold: null,
    perClass: null,
    labels: [],
  };
}

/** `Ios16.maxPool` → `max_pool`, the name it has in a program. */
function snake(name: string): string {
  const bare = name.replace(/^Ios\d+\./, "");
  return bare.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
