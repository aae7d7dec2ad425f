import {
  bytesField,
  bytesOf,
  type Field,
  intField,
  intsOf,
  readFields,
  textField,
  textOf,
  textsOf,
  writeFields,
} from "../protobuf/message.ts";
import { type ConstantTensor, readTensor } from "./tensor.ts";

/** Field numbers of `NodeProto` and `AttributeProto`. */
const NodeProto = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;
const Attribute = { name: 1, i: 3, s: 4, t: 5, g: 6, ints: 8, graphs: 11, type: 20 } as const;
/** `AttributeProto.AttributeType.INTS`. */
const TYPE_INTS = 7;

/** A node of a graph: an operator with what it reads and writes. */
export class Node {
  readonly opType: string;
  /** `""` for ONNX's own operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #fields: readonly Field[];
  readonly #attributes: ReadonlyMap<string, readonly Field[]>;

  constructor(message: Uint8Array) {
    const fields = readFields(message);
    this.#fields = fields;
    this.opType = textOf(fields, NodeProto.opType);
    this.domain = textOf(fields, NodeProto.domain);
    this.inputs = textsOf(fields, NodeProto.input);
    this.outputs = textsOf(fields, NodeProto.output);
    const attributes = bytesOf(fields, NodeProto.attribute).map(readFields);
    this.#attributes = new Map(attributes.map((each) => [textOf(each, Attribute.name), each]));
  }

  get message(): Uint8Array {
    return writeFields(this.#fields);
  }

  /** An attribute that is a list of whole numbers; undefined where it is not set. */
  ints(name: string): number[] | undefined {
    const fields = this.#attributes.get(name);
    return fields && intsOf(fields, Attribute.ints);
  }

  /** An attribute that is a whole number; undefined where it is not set. */
  int(name: string): number | undefined {
    return intsOf(this.#attributes.get(name) ?? [], Attribute.i).at(-1);
  }

  /** An attribute that is a text; undefined where it is not set. */
  text(name: string): string | undefined {
    return textsOf(this.#attributes.get(name) ?? [], Attribute.s).at(-1);
  }

  /** An attribute that is a tensor; undefined where it is not set, or cannot be read. */
  tensor(name: string): ConstantTensor | undefined {
    const message = bytesOf(this.#attributes.get(name) ?? [], Attribute.t).at(-1);
    return message && readTensor(message);
  }

  /** Whether it holds a graph of its own, which may read any tensor around it. */
  get hasGraph(): boolean {
    return [...this.#attributes.values()].some((fields) =>
      fields.some(({ no }) => no === Attribute.g || no === Attribute.graphs),
    );
  }

  /** This node with other inputs, and with these lists of whole numbers as attributes. */
  with(inputs: readonly string[], lists: Readonly<Record<string, readonly number[]>>): Node {
    const kept = this.#fields.filter(({ no, bytes }) => {
      if (no === NodeProto.attribute) return !(textOf(readFields(bytes), Attribute.name) in lists);
      return no !== NodeProto.input;
    });
    const attributes = Object.entries(lists).map(([name, values]) =>
      bytesField(
        NodeProto.attribute,
        writeFields([
          textField(Attribute.name, name),
          ...values.map((value) => intField(Attribute.ints, value)),
          intField(Attribute.type, TYPE_INTS),
        ]),
      ),
    );
    const given = inputs.map((name) => textField(NodeProto.input, name));
    return new Node(writeFields([...given, ...kept, ...attributes]));
  }
}
