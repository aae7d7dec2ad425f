import {
  bytesField,
  type Field,
  floatField,
  intField,
  textField,
  writeFields,
} from "../protobuf/message.ts";

/**
 * An attribute's value: a list of whole numbers, a text, or one number, which is whole unless it is
 * given as `{ float }`.
 */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };

export interface NodeSpec {
  /** One of ONNX's own operators. */
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Field numbers of `NodeProto` and `AttributeProto`, and of `AttributeProto.AttributeType`. */
const NodeProto = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const Attribute = { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 } as const;
const AttributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** The message of a node. */
export function writeNode({ opType, inputs, outputs, attributes }: NodeSpec): Uint8Array {
  return writeFields([
    ...inputs.map((name) => textField(NodeProto.input, name)),
    ...outputs.map((name) => textField(NodeProto.output, name)),
    textField(NodeProto.name, `${opType}:${outputs[0]}`),
    textField(NodeProto.opType, opType),
    ...Object.entries(attributes).map(([name, value]) =>
      bytesField(
        NodeProto.attribute,
        writeFields([textField(Attribute.name, name), ...valueFields(value)]),
      ),
    ),
  ]);
}

function valueFields(value: AttributeValue): Field[] {
  if (typeof value === "string") {
    return [textField(Attribute.s, value), intField(Attribute.type, AttributeType.string)];
  }
  if (typeof value === "number") {
    return [intField(Attribute.i, value), intField(Attribute.type, AttributeType.int)];
  }
  if ("float" in value) {
    return [floatField(Attribute.f, value.float), intField(Attribute.type, AttributeType.float)];
  }
  const ints = value.map((each) => intField(Attribute.ints, each));
  return [...ints, intField(Attribute.type, AttributeType.ints)];
}
