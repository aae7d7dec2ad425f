import {
  bigintsOf,
  bytesField,
  bytesOf,
  type Field,
  intField,
  intsOf,
  readFields,
  textField,
  textOf,
  writeFields,
} from "../protobuf/message.ts";

/** Field numbers of `TensorProto`. */
const Tensor = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  dataLocation: 14,
} as const;
const DATA_EXTERNAL = 1;

/** Element types of `TensorProto.DataType` that are read or written here. */
export const DataType = {
  float: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  float16: 10,
  bfloat16: 16,
} as const;
export type DataType = (typeof DataType)[keyof typeof DataType];

/** Bytes of an element. */
const SIZES: Readonly<Record<number, number>> = {
  [DataType.float]: 4,
  [DataType.int32]: 4,
  [DataType.int64]: 8,
  [DataType.float16]: 2,
  [DataType.bfloat16]: 2,
};

/** A tensor whose values stand in the file. */
export interface ConstantTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** `TensorProto.DataType`. */
  readonly dataType: number;
  /** Bytes of one element. */
  readonly elementBytes: number;
  /** Values, little-endian, the last dimension fastest. */
  readonly data: Uint8Array;
}

/** A tensor's name, also of one whose values are not read. */
export function tensorName(message: Uint8Array): string {
  return textOf(readFields(message), Tensor.name);
}

/** The tensor; undefined where its values lie in another file, or are of a type not read here. */
export function readTensor(message: Uint8Array): ConstantTensor | undefined {
  const fields = readFields(message);
  const dataType = intsOf(fields, Tensor.dataType).at(-1) ?? 0;
  const elementBytes = SIZES[dataType];
  const isExternal = intsOf(fields, Tensor.dataLocation).at(-1) === DATA_EXTERNAL;
  if (elementBytes === undefined || isExternal) return undefined;
  const shape = intsOf(fields, Tensor.dims);
  const data = bytesOf(fields, Tensor.rawData).at(-1) ?? typedData(fields, dataType);
  const elements = shape.reduce((product, side) => product * side, 1);
  if (data?.length !== elements * elementBytes) return undefined;
  return { name: textOf(fields, Tensor.name), shape, dataType, elementBytes, data };
}

/** A tensor of these values; whole numbers are 64 bits wide in a graph's shapes and axes. */
export function constantTensor(
  name: string,
  shape: readonly number[],
  values: Float32Array | BigInt64Array,
): ConstantTensor {
  const dataType = values instanceof Float32Array ? DataType.float : DataType.int64;
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, shape, dataType, elementBytes: values.BYTES_PER_ELEMENT, data };
}

/** The message of a tensor. */
export function writeTensor({ name, shape, dataType, data }: ConstantTensor): Uint8Array {
  return writeFields([
    ...shape.map((side) => intField(Tensor.dims, side)),
    intField(Tensor.dataType, dataType),
    textField(Tensor.name, name),
    bytesField(Tensor.rawData, data),
  ]);
}

/** Whole numbers in a tensor of int32 or int64; undefined where it holds others. */
export function integersIn({ data, dataType }: ConstantTensor): number[] | undefined {
  if (dataType !== DataType.int32 && dataType !== DataType.int64) return undefined;
  const bytes = Uint8Array.from(data).buffer;
  return dataType === DataType.int32
    ? Array.from(new Int32Array(bytes))
    : Array.from(new BigInt64Array(bytes), Number);
}

/** Values that stand in the field of their type instead of in `raw_data`. */
function typedData(fields: readonly Field[], dataType: number): Uint8Array | undefined {
  if (dataType === DataType.float) return Buffer.concat(bytesOf(fields, Tensor.floatData));
  if (dataType === DataType.int64) {
    return new Uint8Array(BigInt64Array.from(bigintsOf(fields, Tensor.int64Data)).buffer);
  }
  if (dataType !== DataType.int32) return undefined;
  return new Uint8Array(Int32Array.from(intsOf(fields, Tensor.int32Data)).buffer);
}
