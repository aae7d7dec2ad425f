import {
  bytesField,
  bytesOf,
  type Field,
  intField,
  readFields,
  textField,
  textOf,
  textsOf,
  writeFields,
} from "../src/protobuf/message.ts";

// Field numbers are those of `onnx.proto` (ONNX 1.12, IR version 8).
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const NODE = { input: 1, opType: 4 } as const;
const TENSOR = { name: 8, int64Data: 7, rawData: 9 } as const;
/** From a value's description to the sides of its tensor. */
const VALUE_INFO = { type: 2, tensorType: 1, shape: 2, dimension: 1 } as const;
const DIMENSION = { value: 1, name: 2 } as const;

/**
 * Rewrites an ONNX model of one picture to take several at a time: the first dimension of its
 * inputs and outputs becomes `batch`, and constant shapes of `Reshape` that name a batch of 1 keep
 * the input's instead. Enough for models whose graph knows its batch nowhere else, such as YOLOX.
 *
 * @param batch pictures of each run, or null for any number
 * @returns the bytes of the new file
 *
 * @example
 * ```ts
 * writeFileSync("nano-any.onnx", withBatch(readFileSync("yolox_nano.onnx"), null));
 * ```
 */
export function withBatch(model: Uint8Array, batch: number | null): Uint8Array {
  return mapFields(model, (field) =>
    field.no === MODEL.graph ? bytesField(field.no, graphWithBatch(field.bytes, batch)) : field,
  );
}

function graphWithBatch(graph: Uint8Array, batch: number | null): Uint8Array {
  const shapes = reshapeShapes(graph);
  return mapFields(graph, (field) => {
    const { no, bytes } = field;
    switch (no) {
      case GRAPH.input:
      case GRAPH.output:
        return bytesField(no, valueWithBatch(bytes, batch));
      case GRAPH.initializer:
        return shapes.has(textOf(readFields(bytes), TENSOR.name))
          ? bytesField(no, keepFirst(bytes))
          : field;
      case GRAPH.valueInfo:
        // What the exporter wrote of the tensors between holds for one picture.
        return null;
      default:
        return field;
    }
  });
}

/** Names of the constants that say what `Reshape` makes. */
function reshapeShapes(graph: Uint8Array): ReadonlySet<string> {
  const nodes = bytesOf(readFields(graph), GRAPH.node).map(readFields);
  const reshapes = nodes.filter((node) => textOf(node, NODE.opType) === "Reshape");
  return new Set(reshapes.flatMap((node) => textsOf(node, NODE.input)[1] ?? []));
}

/** A shape whose first side is 1 takes over its input's: that is what 0 means to `Reshape`. */
function keepFirst(tensor: Uint8Array): Uint8Array {
  return mapFields(tensor, (field) => {
    const isRaw = field.no === TENSOR.rawData;
    if (!isRaw && field.no !== TENSOR.int64Data) return field;
    const values = Uint8Array.from(field.bytes);
    // Little-endian 64-bit integers, or packed varints: a 1 has its bit in the first byte of both.
    const isOne = values[0] === 1 && (!isRaw || values.subarray(1, 8).every((byte) => byte === 0));
    if (isOne) values[0] = 0;
    return { ...field, bytes: values };
  });
}

function valueWithBatch(value: Uint8Array, batch: number | null): Uint8Array {
  const dimension =
    batch === null ? textField(DIMENSION.name, "batch") : intField(DIMENSION.value, batch);
  let isFirst = true;
  const path = [VALUE_INFO.type, VALUE_INFO.tensorType, VALUE_INFO.shape];
  const descend = (message: Uint8Array, depth: number): Uint8Array =>
    mapFields(message, (field) => {
      const { no, bytes } = field;
      if (depth < path.length) {
        return no === path[depth] ? bytesField(no, descend(bytes, depth + 1)) : field;
      }
      if (no !== VALUE_INFO.dimension || !isFirst) return field;
      isFirst = false;
      return bytesField(no, writeFields([dimension]));
    });
  return descend(value, 0);
}

/** A message with each field replaced by what `change` makes of it; null takes it out. */
function mapFields(message: Uint8Array, change: (field: Field) => Field | null): Uint8Array {
  return writeFields(readFields(message).flatMap((field) => change(field) ?? []));
}
