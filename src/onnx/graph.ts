import {
  bytesField,
  bytesOf,
  type Field,
  readFields,
  textOf,
  writeFields,
} from "../protobuf/message.ts";
import { Node } from "./node.ts";
import { type ConstantTensor, readTensor, tensorName, writeTensor } from "./tensor.ts";

/** Field numbers of `ModelProto`, `GraphProto` and `ValueInfoProto`. */
const MODEL_GRAPH = 7;
const GraphProto = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const VALUE_NAME = 1;

/**
 * The graph of an ONNX model, to be rewritten: nodes and constant tensors, and who reads what.
 * Everything else of the model stays as it is. Field numbers are those of `onnx.proto`, IR
 * version 13 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export class Graph {
  nodes: Node[];
  readonly outputs: readonly string[];
  readonly #model: readonly Field[];
  readonly #fields: readonly Field[];
  readonly #initializers = new Map<string, Uint8Array>();

  /** @throws {Error} where the bytes are no ONNX model */
  constructor(model: Uint8Array) {
    this.#model = readFields(model);
    const graph = bytesOf(this.#model, MODEL_GRAPH).at(-1);
    if (graph === undefined) throw new Error("the model has no graph");
    this.#fields = readFields(graph);
    this.nodes = bytesOf(this.#fields, GraphProto.node).map((message) => new Node(message));
    this.outputs = bytesOf(this.#fields, GraphProto.output).map(valueName);
    for (const message of bytesOf(this.#fields, GraphProto.initializer)) {
      this.#initializers.set(tensorName(message), message);
    }
  }

  /** The node that writes a tensor; undefined for inputs and initializers. */
  producerOf(tensor: string): Node | undefined {
    return this.nodes.find(({ outputs }) => outputs.includes(tensor));
  }

  /** Nodes that read a tensor. */
  readersOf(tensor: string): Node[] {
    return this.nodes.filter(({ inputs }) => inputs.includes(tensor));
  }

  /**
   * The values of a tensor that is the same in every run; undefined where it is not, or unreadable.
   */
  constant(tensor: string): ConstantTensor | undefined {
    const message = this.#initializers.get(tensor);
    if (message !== undefined) return readTensor(message);
    const producer = this.producerOf(tensor);
    return producer?.opType === "Constant" ? producer.tensor("value") : undefined;
  }

  addInitializer(tensor: ConstantTensor): void {
    this.#initializers.set(tensor.name, writeTensor(tensor));
  }

  replace(node: Node, replacement: Node): void {
    this.nodes[this.nodes.indexOf(node)] = replacement;
  }

  /** Takes out what nobody reads any more: nodes, and what only they read. */
  prune(): void {
    const kept = new Set(this.outputs);
    for (const node of this.nodes.toReversed()) {
      if (node.outputs.some((name) => kept.has(name)))
        for (const name of node.inputs) kept.add(name);
    }
    this.nodes = this.nodes.filter(({ outputs }) => outputs.some((name) => kept.has(name)));
    for (const name of this.#initializers.keys()) {
      if (!kept.has(name)) this.#initializers.delete(name);
    }
  }

  /** The model with this graph. */
  model(): Uint8Array {
    const values = new Set([...this.#initializers.keys(), ...this.nodes.flatMap((n) => n.outputs)]);
    const kept = this.#fields.filter(({ no, bytes }) => {
      if (no === GraphProto.node || no === GraphProto.initializer) return false;
      return no !== GraphProto.valueInfo || values.has(valueName(bytes));
    });
    const graph = writeFields([
      ...this.nodes.map(({ message }) => bytesField(GraphProto.node, message)),
      ...Array.from(this.#initializers.values(), (m) => bytesField(GraphProto.initializer, m)),
      ...kept,
    ]);
    return writeFields(
      this.#model.map((field) =>
        field.no === MODEL_GRAPH ? bytesField(MODEL_GRAPH, graph) : field,
      ),
    );
  }
}

function valueName(message: Uint8Array): string {
  return textOf(readFields(message), VALUE_NAME);
}
