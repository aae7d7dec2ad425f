import { type Field, field, integer, mapFields, message, readFields, text } from "./protobuf.ts";

// Field numbers are those of `onnx.proto` (ONNX 1.12, IR version 8).
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const NODE = { input: 1, opType: 4 } as const;
const TENSOR = { name: 8, int64Data: 7, rawData: 9 } as const;
/** From a value's description to the sides of its tensor. */
const VALUE_INFO = { type: 2, tensorType: 1, shape: 2, dimension: 1 } as const;
const DIMENSION = { value: 1, name: 2 } as const;

/**
 * Rewrites an ONNX model of one picture to take several at a time: the first dimension of its inputs
 * and outputs becomes `batch`, and constant shapes of `Reshape` that name a batch of 1 keep the
 * input's instead. Enough for models whose graph knows its batch nowhere else, such as YOLOX.
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
  return mapFields(model, ({ number, content, whole }) =>
    number === MODEL.graph ? field(number, graphWithBatch(content, batch)) : whole,
  );
}

function graphWithBatch(graph: Uint8Array, batch: number | null): Uint8Array {
  const shapes = reshapeShapes(graph);
  return mapFields(graph, ({ number, content, whole }) => {
    switch (number) {
      case GRAPH.input:
      case GRAPH.output:
        return field(number, valueWithBatch(content, batch));
      case GRAPH.initializer:
        return shapes.has(nameOf(content)) ? field(number, keepFirst(content)) : whole;
      case GRAPH.valueInfo:
        // What the exporter wrote of the tensors between holds for one picture.
        return null;
      default:
        return whole;
    }
  });
}

/** Names of the constants that say what `Reshape` makes. */
function reshapeShapes(graph: Uint8Array): ReadonlySet<string> {
  const names = readFields(graph).flatMap(({ number, content }) => {
    if (number !== GRAPH.node) return [];
    const fields = readFields(content);
    const isReshape = fields.some(
      (each) => each.number === NODE.opType && textOf(each) === "Reshape",
    );
    const inputs = fields.filter((each) => each.number === NODE.input);
    return isReshape && inputs[1] !== undefined ? [textOf(inputs[1])] : [];
  });
  return new Set(names);
}

function nameOf(tensor: Uint8Array): string {
  const name = readFields(tensor).find(({ number }) => number === TENSOR.name);
  return name === undefined ? "" : textOf(name);
}

/** A shape whose first side is 1 takes over its input's: that is what 0 means to `Reshape`. */
function keepFirst(tensor: Uint8Array): Uint8Array {
  return mapFields(tensor, ({ number, content, whole }) => {
    const isRaw = number === TENSOR.rawData;
    if (!isRaw && number !== TENSOR.int64Data) return whole;
    const values = content.slice();
    // Little-endian 64-bit integers, or packed varints: a 1 has its bit in the first byte of both.
    const isOne = values[0] === 1 && (!isRaw || values.subarray(1, 8).every((byte) => byte === 0));
    if (isOne) values[0] = 0;
    return field(number, values);
  });
}

function valueWithBatch(value: Uint8Array, batch: number | null): Uint8Array {
  const dimension =
    batch === null ? text(DIMENSION.name, "batch") : integer(DIMENSION.value, batch);
  let isFirst = true;
  const path = [VALUE_INFO.type, VALUE_INFO.tensorType, VALUE_INFO.shape];
  const descend = (bytes: Uint8Array, depth: number): Uint8Array =>
    mapFields(bytes, ({ number, content, whole }: Field) => {
      if (depth < path.length) {
        return number === path[depth] ? field(number, descend(content, depth + 1)) : whole;
      }
      if (number !== VALUE_INFO.dimension || !isFirst) return whole;
      isFirst = false;
      return field(number, message(dimension));
    });
  return descend(value, 0);
}

function textOf({ content }: Field): string {
  return new TextDecoder().decode(content);
}
