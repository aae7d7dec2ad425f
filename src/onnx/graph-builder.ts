import { bytesField, type Field, intField, textField, writeFields } from "../protobuf/message.ts";
import { type AttributeValue, writeNode } from "./node-writer.ts";
import { constantTensor, DataType, writeTensor } from "./tensor.ts";

/** Operator set and file version that the graphs are written in; both are of 2022. */
const OPSET = 17;
const IR_VERSION = 8;

/** Field numbers of `onnx.proto` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const ModelProto = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  docString: 6,
  graph: 7,
  opsetImport: 8,
  metadataProps: 14,
} as const;
const OPSET_VERSION = 2;
const StringEntry = { key: 1, value: 2 } as const;
const GraphProto = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const ValueInfo = { name: 1, type: 2 } as const;
const TYPE_TENSOR = 1;
const TensorType = { elementType: 1, shape: 2 } as const;
const SHAPE_DIMENSION = 1;
const Dimension = { value: 1, parameter: 2 } as const;

/** A tensor of the graph, by its name. */
export type Value = string;

/** Sides of a tensor; a text names one that is open. */
export type OpenShape = readonly (number | string)[];

export interface ModelTexts {
  readonly producer: string;
  readonly version: string;
  /** For people. */
  readonly description?: string;
  /** Custom metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes an ONNX model, node by node, in the order in which they run.
 *
 * @example
 * ```ts
 * const graph = new GraphBuilder("double");
 * const x = graph.input("x", "float", ["N"]);
 * graph.output(graph.add("Add", [x, x], {}, "y"), "float", ["N"]);
 * const model = graph.model({ producer: "aip", version: "0.1.0" });
 * ```
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: Field[] = [];
  readonly #constants: Field[] = [];
  readonly #inputs: Field[] = [];
  readonly #outputs: Field[] = [];
  /** Names of lists of whole numbers that are there already. */
  readonly #lists = new Map<string, Value>();
  readonly #names = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: keyof typeof DataType, shape: OpenShape): Value {
    this.#inputs.push(bytesField(GraphProto.input, valueInfo(this.#own(name), type, shape)));
    return name;
  }

  /** Makes a tensor an output of the graph, under its own name. */
  output(value: Value, type: keyof typeof DataType, shape: OpenShape): void {
    this.#outputs.push(bytesField(GraphProto.output, valueInfo(value, type, shape)));
  }

  /** A tensor that is the same in every run. */
  constant(name: string, values: Float32Array, shape: readonly number[]): Value {
    const tensor = constantTensor(this.#own(name), shape, values);
    this.#constants.push(bytesField(GraphProto.initializer, writeTensor(tensor)));
    return name;
  }

  /** A number that is the same in every run. */
  scalar(name: string, value: number): Value {
    return this.constant(name, Float32Array.of(value), []);
  }

  /** A list of whole numbers, such as a shape or axes; equal ones are written once. */
  list(values: readonly number[]): Value {
    const name = `list_${values.join("_")}`;
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const wide = BigInt64Array.from(values, BigInt);
    const tensor = constantTensor(this.#own(name), [values.length], wide);
    this.#constants.push(bytesField(GraphProto.initializer, writeTensor(tensor)));
    this.#lists.set(name, name);
    return name;
  }

  /**
   * Adds a node with one output.
   *
   * @param name The output's; by default the operator's with a number.
   */
  add(
    opType: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    name: string = this.#fresh(opType),
  ): Value {
    this.#append(opType, inputs, [this.#own(name)], attributes);
    return name;
  }

  /** Adds a node with several outputs. */
  addMany(
    opType: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeValue>>,
    names: readonly string[],
  ): void {
    for (const name of names) this.#own(name);
    this.#append(opType, inputs, names, attributes);
  }

  /** The ONNX file. */
  model({ producer, version, description, metadata = {} }: ModelTexts): Uint8Array {
    const graph = writeFields([
      ...this.#nodes,
      textField(GraphProto.name, this.#name),
      ...this.#constants,
      ...this.#inputs,
      ...this.#outputs,
    ]);
    return writeFields([
      intField(ModelProto.irVersion, IR_VERSION),
      textField(ModelProto.producerName, producer),
      textField(ModelProto.producerVersion, version),
      ...(description === undefined ? [] : [textField(ModelProto.docString, description)]),
      bytesField(ModelProto.graph, graph),
      bytesField(ModelProto.opsetImport, writeFields([intField(OPSET_VERSION, OPSET)])),
      ...Object.entries(metadata).map(([key, value]) =>
        bytesField(
          ModelProto.metadataProps,
          writeFields([textField(StringEntry.key, key), textField(StringEntry.value, value)]),
        ),
      ),
    ]);
  }

  #append(
    opType: string,
    inputs: readonly Value[],
    outputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void {
    const unknown = inputs.find((name) => !this.#names.has(name));
    if (unknown !== undefined) throw new TypeError(`${opType} reads "${unknown}", which is none`);
    const node = writeNode({ opType, inputs, outputs, attributes });
    this.#nodes.push(bytesField(GraphProto.node, node));
  }

  /** Takes a name that nothing else may have. */
  #own(name: string): string {
    if (this.#names.has(name)) throw new TypeError(`The graph has a tensor "${name}" already`);
    this.#names.add(name);
    return name;
  }

  #fresh(opType: string): string {
    let number = this.#nodes.length;
    while (this.#names.has(`${opType}_${number}`)) number += 1;
    return `${opType}_${number}`;
  }
}

function valueInfo(name: string, type: keyof typeof DataType, shape: OpenShape): Uint8Array {
  const sides = shape.map((side) =>
    bytesField(
      SHAPE_DIMENSION,
      writeFields([
        typeof side === "number"
          ? intField(Dimension.value, side)
          : textField(Dimension.parameter, side),
      ]),
    ),
  );
  const tensor = writeFields([
    intField(TensorType.elementType, DataType[type]),
    bytesField(TensorType.shape, writeFields(sides)),
  ]);
  return writeFields([
    textField(ValueInfo.name, name),
    bytesField(ValueInfo.type, writeFields([bytesField(TYPE_TENSOR, tensor)])),
  ]);
}
