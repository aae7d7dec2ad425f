import { field, integer, message, text } from "./protobuf.ts";

/** A tensor of f32. */
export interface ConstantTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1;

/**
 * Writes an ONNX model that answers any picture with the same tensor, so that what is measured is
 * what comes after the model. Field numbers are those of `onnx.proto` (ONNX 1.12, IR version 8).
 *
 * @param size sides of the input `images`, `[1, 3, size, size]` f32
 * @returns the bytes of the file; its output is called `output`
 */
export function constantModel(size: number, { shape, values }: ConstantTensor): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const tensor = message(
    ...shape.map((side) => integer(1, side)),
    integer(2, FLOAT),
    text(8, "constant"),
    field(9, bytes),
  );
  const node = message(text(1, "constant"), text(2, "output"), text(4, "Identity"));
  const graph = message(
    field(1, node),
    text(2, "constant"),
    field(5, tensor),
    field(11, tensorInfo("images", [1, 3, size, size])),
    field(12, tensorInfo("output", shape)),
  );
  const opset = message(text(1, ""), integer(2, OPSET));
  return message(integer(1, IR_VERSION), field(7, graph), field(8, opset));
}

function tensorInfo(name: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.map((side) => field(1, message(integer(1, side))));
  const tensorType = message(integer(1, FLOAT), field(2, message(...dimensions)));
  return message(text(1, name), field(2, message(field(1, tensorType))));
}
