import {
  bytesField,
  type Field,
  intField,
  textField,
  writeFields,
} from "../src/protobuf/message.ts";

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
    ...shape.map((side) => intField(1, side)),
    intField(2, FLOAT),
    textField(8, "constant"),
    bytesField(9, bytes),
  );
  const node = message(textField(1, "constant"), textField(2, "output"), textField(4, "Identity"));
  const graph = message(
    bytesField(1, node),
    textField(2, "constant"),
    bytesField(5, tensor),
    bytesField(11, tensorInfo("images", [1, 3, size, size])),
    bytesField(12, tensorInfo("output", shape)),
  );
  const opset = message(textField(1, ""), intField(2, OPSET));
  return message(intField(1, IR_VERSION), bytesField(7, graph), bytesField(8, opset));
}

function tensorInfo(name: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.map((side) => bytesField(1, message(intField(1, side))));
  const tensorType = message(intField(1, FLOAT), bytesField(2, message(...dimensions)));
  return message(textField(1, name), bytesField(2, message(bytesField(1, tensorType))));
}

function message(...fields: readonly Field[]): Uint8Array {
  return writeFields(fields);
}
