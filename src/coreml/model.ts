import {
  bytesOf,
  type Field,
  fieldsOf,
  intOf,
  intsOf,
  lastBytes,
  mapOf,
  readFields,
  realOf,
  textOf,
  textsOf,
} from "../protobuf/message.ts";
import { readFeature } from "./feature.ts";
import type { Feature, ModelFunction, Suppression } from "./inspection.ts";
import { readNetwork } from "./neural-network.ts";
import type { Constant, Operation } from "./operation.ts";
import { type ProgramFunction, readProgram } from "./program.ts";
import { MODEL_KINDS, SPEC_VERSION_MAX } from "./specification.ts";
import type { TensorShape } from "./value.ts";

/** Field numbers of `Model` and what it holds (Model.proto). */
const Model = { specVersion: 1, description: 2 } as const;
const Description = {
  input: 1,
  output: 10,
  label: 11,
  scores: 12,
  functions: 20,
  defaultFunction: 21,
  metadata: 100,
} as const;
const FunctionDescription = { name: 1, input: 2, output: 3, label: 4, scores: 5 } as const;
const Metadata = { description: 1, version: 2, author: 3, licence: 4, userDefined: 100 } as const;
/** `Pipeline` has its models in field 1, and other pipelines the `Pipeline` in theirs. */
const FIRST = 1;
/** Class labels of classifiers and of non-maximum suppression; vectors have them in field 1. */
const Labels = { strings: 100, integers: 101 } as const;
/** NonMaximumSuppression.proto. */
const Nms = {
  pickTop: 1,
  iouThreshold: 110,
  confidenceThreshold: 111,
  iouInput: 202,
  confidenceInput: 203,
  confidence: 210,
  coordinates: 211,
} as const;

/** Pipelines within pipelines; deeper nesting is damage. */
const DEPTH_MAX = 8;
/** Class numbers are varints; more of them than a model can name are damage. */
const LABEL_BYTES_MAX = 2 ** 20;

/** The model is made for a newer Core ML than is read here. */
export class NewerSpecification extends Error {
  readonly specVersion: number;

  constructor(specVersion: number) {
    super(`specification version ${specVersion}, at most ${SPEC_VERSION_MAX} is read`);
    this.specVersion = specVersion;
  }
}

/** What a `Model` message says. */
export interface ModelReading {
  readonly kinds: readonly string[];
  readonly specVersion: number;
  readonly functions: readonly ModelFunction[];
  readonly suppression: Suppression | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly author: string;
  readonly description: string;
  readonly licence: string;
  readonly version: string;
  readonly operations: readonly Operation[];
  readonly constants: readonly Constant[];
  /** Element types of results of ML Programs. */
  readonly resultTypes: readonly string[];
}

/**
 * Reads a model and, of a pipeline, the models in it.
 *
 * @throws {NewerSpecification}
 * @throws {Error} where the bytes are no such message
 */
export function readModel(message: Uint8Array): ModelReading {
  const fields = readFields(message);
  const specVersion = intOf(fields, Model.specVersion);
  if (specVersion > SPEC_VERSION_MAX) throw new NewerSpecification(specVersion);
  if (specVersion < 1) throw new Error("no specification version");
  const description = fieldsOf(fields, Model.description);
  const stages = readStages(fields, 0);
  const metadata = fieldsOf(description, Description.metadata);
  const decoder = new TextDecoder();
  const userDefined = [...mapOf(metadata, Metadata.userDefined)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return {
    kinds: stages.map(({ kind }) => kind),
    specVersion,
    functions: readFunctions(description, stages),
    suppression: stages.findLast(({ suppression }) => suppression !== null)?.suppression ?? null,
    metadata: Object.fromEntries(userDefined.map(([key, text]) => [key, decoder.decode(text)])),
    author: textOf(metadata, Metadata.author),
    description: textOf(metadata, Metadata.description),
    licence: textOf(metadata, Metadata.licence),
    version: textOf(metadata, Metadata.version),
    operations: stages.flatMap(({ operations }) => operations),
    constants: stages.flatMap(({ constants }) => constants),
    resultTypes: stages.flatMap(({ resultTypes }) => resultTypes),
  };
}

/** A model that is no pipeline. */
interface Stage {
  readonly kind: string;
  readonly labels: readonly string[] | null;
  readonly suppression: Suppression | null;
  readonly operations: readonly Operation[];
  readonly constants: readonly Constant[];
  readonly resultTypes: readonly string[];
  readonly functions: ReadonlyMap<string, ProgramFunction>;
}

function readStages(model: readonly Field[], depth: number): readonly Stage[] {
  if (depth > DEPTH_MAX) throw new Error(`pipelines nested deeper than ${DEPTH_MAX}`);
  const part = model.findLast(({ no }) => no in MODEL_KINDS);
  if (part === undefined) throw new Error("it holds no model of a known kind");
  const kind = MODEL_KINDS[part.no] as string;
  if (kind.startsWith("pipeline")) {
    const own = readFields(part.bytes);
    const pipeline = kind === "pipeline" ? own : fieldsOf(own, FIRST);
    return bytesOf(pipeline, FIRST).flatMap((stage) => readStages(readFields(stage), depth + 1));
  }
  const empty = { labels: null, suppression: null, resultTypes: [], functions: new Map() };
  if (kind === "mlProgram") return [{ ...empty, kind, ...readProgram(part.bytes) }];
  const stage: Stage = { ...empty, kind, operations: [], constants: [] };
  if (kind.startsWith("neuralNetwork")) {
    const network = readNetwork(part.bytes);
    const labels = kind.endsWith("Classifier") ? readLabels(readFields(part.bytes)) : null;
    return [{ ...stage, ...network, labels }];
  }
  const fields = readFields(part.bytes);
  if (kind === "nonMaximumSuppression") return [{ ...stage, suppression: readNms(fields) }];
  return [{ ...stage, labels: kind.endsWith("Classifier") ? readLabels(fields) : null }];
}

function readNms(fields: readonly Field[]): Suppression {
  const input = (no: number): string | null => textOf(fields, no) || null;
  return {
    confidence: textOf(fields, Nms.confidence),
    coordinates: textOf(fields, Nms.coordinates),
    iouInput: input(Nms.iouInput),
    confidenceInput: input(Nms.confidenceInput),
    iouThreshold: realOf(fields, Nms.iouThreshold) ?? 0,
    confidenceThreshold: realOf(fields, Nms.confidenceThreshold) ?? 0,
    perClass: intOf(fieldsOf(fields, Nms.pickTop), FIRST) !== 0,
    labels: readLabels(fields) ?? [],
  };
}

function readLabels(fields: readonly Field[]): readonly string[] | null {
  const strings = lastBytes(fields, Labels.strings);
  if (strings !== undefined) return textsOf(readFields(strings), FIRST);
  const integers = lastBytes(fields, Labels.integers);
  if (integers === undefined) return null;
  if (integers.length > LABEL_BYTES_MAX) throw new Error("more class labels than a model can have");
  return intsOf(readFields(integers), FIRST).map(String);
}

/** A model's functions, the default first; one that names none has one, `main`. */
function readFunctions(
  description: readonly Field[],
  stages: readonly Stage[],
): readonly ModelFunction[] {
  const [first] = stages;
  const last = stages.at(-1);
  const programs = stages.length === 1 ? first?.functions : undefined;
  const complete = (name: string, made: Omit<ModelFunction, "name" | "labels">): ModelFunction => {
    const program = programs?.get(name);
    const isClassifier = made.predictedLabel !== null;
    const labels = program?.labels ?? last?.labels ?? lastLabels(stages);
    return {
      name,
      ...made,
      outputs: made.outputs.map((output) => withShape(output, program?.outputs.get(output.name))),
      labels: isClassifier ? labels : null,
    };
  };
  const described = bytesOf(description, Description.functions).map(readFields);
  if (described.length === 0) {
    return [complete("main", readSignature(description, Description))];
  }
  const chosen = textOf(description, Description.defaultFunction) || "main";
  const functions = described.map((each) =>
    complete(textOf(each, FunctionDescription.name), readSignature(each, FunctionDescription)),
  );
  return [
    ...functions.filter(({ name }) => name === chosen),
    ...functions.filter(({ name }) => name !== chosen),
  ];
}

/** Class names of the last stage of a pipeline that has any. */
function lastLabels(stages: readonly Stage[]): readonly string[] | null {
  const found = stages.flatMap(({ labels, functions }) => [
    labels,
    ...Array.from(functions.values(), (each) => each.labels),
  ]);
  return found.findLast((labels) => labels !== null) ?? null;
}

function readSignature(
  fields: readonly Field[],
  no: {
    readonly input: number;
    readonly output: number;
    readonly label: number;
    readonly scores: number;
  },
): Omit<ModelFunction, "name" | "labels"> {
  return {
    inputs: bytesOf(fields, no.input).map(readFeature),
    outputs: bytesOf(fields, no.output).map(readFeature),
    predictedLabel: textOf(fields, no.label) || null,
    predictedScores: textOf(fields, no.scores) || null,
  };
}

/** Converters leave out shapes that the program knows. */
function withShape(output: Feature, program: TensorShape | undefined): Feature {
  const { type } = output;
  if (type.kind !== "multi-array" || type.shape !== null || type.flexibility !== null)
    return output;
  if (program === undefined || program.shape.length === 0) return output;
  return { ...output, type: { ...type, shape: program.shape } };
}
