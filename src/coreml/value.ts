import {
  bytesOf,
  type Field,
  fieldsOf,
  intOf,
  intsOf,
  lastBytes,
  readFields,
  textOf,
  textsOf,
} from "../protobuf/message.ts";

/** Field numbers of values and their types (MIL.proto). */
const Value = { type: 2, immediate: 3, blobFile: 5 } as const;
const BlobFile = { fileName: 1, offset: 2 } as const;
const Immediate = { tensor: 1, list: 3 } as const;
const Tensor = { ints: 2, strings: 4, longInts: 5 } as const;
const ValueType = { tensor: 1 } as const;
const TensorTypeField = { dataType: 1, dimensions: 3 } as const;
/** Every list of values has them in field 1, and a dimension its known size too. */
const VALUES = 1;

/** `DataType`: its name, and the bits of one element. */
const DATA_TYPES: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ["bool", 8],
  2: ["string", 0],
  10: ["float16", 16],
  11: ["float32", 32],
  12: ["float64", 64],
  13: ["bfloat16", 16],
  21: ["int8", 8],
  22: ["int16", 16],
  23: ["int32", 32],
  24: ["int64", 64],
  25: ["int4", 4],
  31: ["uint8", 8],
  32: ["uint16", 16],
  33: ["uint32", 32],
  34: ["uint64", 64],
  35: ["uint4", 4],
  36: ["uint2", 2],
  37: ["uint1", 1],
  38: ["uint6", 6],
  39: ["uint3", 3],
  40: ["float8e4m3fn", 8],
  41: ["float8e5m2", 8],
};

/** Element type and shape of a tensor in a program. */
export interface TensorShape {
  readonly dtype: string;
  /** Bits of one element; 0 where they have no fixed size. */
  readonly bits: number;
  /** -1 where a dimension is open. */
  readonly shape: readonly number[];
}

/** A constant that lies in a weight file. */
export interface BlobPlace {
  readonly fileName: string;
  readonly offsetBytes: number;
}

/** Constants with more numbers than this are weights, and not read. */
const INTEGERS_BYTES_MAX = 1024;

/** Reads a `ValueType`; undefined where it is no tensor. */
export function readTensorType(message: Uint8Array): TensorShape | undefined {
  const tensor = lastBytes(readFields(message), ValueType.tensor);
  return tensor && new TensorType(readFields(tensor));
}

/** Dimensions are read when they are asked for: of most tensors nobody asks. */
class TensorType implements TensorShape {
  readonly dtype: string;
  readonly bits: number;
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    const number = intOf(fields, TensorTypeField.dataType);
    [this.dtype, this.bits] = DATA_TYPES[number] ?? [`type ${number}`, 0];
    this.#fields = fields;
  }

  get shape(): readonly number[] {
    return bytesOf(this.#fields, TensorTypeField.dimensions).map((dimension) => {
      const constant = lastBytes(readFields(dimension), VALUES);
      return constant === undefined ? -1 : intOf(readFields(constant), VALUES);
    });
  }
}

/** Bytes a tensor of known shape takes; null for others. */
export function tensorBytes({ bits, shape }: TensorShape): number | null {
  if (bits === 0 || shape.includes(-1)) return null;
  return Math.ceil((shape.reduce((product, side) => product * side, 1) * bits) / 8);
}

/** A `Value` of the file, read no further than it is asked for. */
export class ConstantValue {
  readonly #fields: readonly Field[];

  constructor(message: Uint8Array) {
    this.#fields = readFields(message);
  }

  get type(): TensorShape | undefined {
    const type = lastBytes(this.#fields, Value.type);
    return type && readTensorType(type);
  }

  /** Where it lies; undefined where it stands in the program itself. */
  get blob(): BlobPlace | undefined {
    const blob = lastBytes(this.#fields, Value.blobFile);
    if (blob === undefined) return undefined;
    const fields = readFields(blob);
    return {
      fileName: textOf(fields, BlobFile.fileName),
      offsetBytes: intOf(fields, BlobFile.offset),
    };
  }

  /** Its whole numbers; empty where it holds others, or too many to be a parameter. */
  get integers(): readonly number[] {
    const values = [Tensor.ints, Tensor.longInts].flatMap((no) => bytesOf(this.#tensor, no));
    return values.flatMap((bytes) =>
      bytes.length > INTEGERS_BYTES_MAX ? [] : intsOf(readFields(bytes), VALUES),
    );
  }

  get texts(): readonly string[] {
    return textsOf(fieldsOf(this.#tensor, Tensor.strings), VALUES);
  }

  /** The values of a list; empty where it is none. */
  get items(): readonly ConstantValue[] {
    const list = fieldsOf(fieldsOf(this.#fields, Value.immediate), Immediate.list);
    return bytesOf(list, VALUES).map((item) => new ConstantValue(item));
  }

  get #tensor(): readonly Field[] {
    return fieldsOf(fieldsOf(this.#fields, Value.immediate), Immediate.tensor);
  }
}
