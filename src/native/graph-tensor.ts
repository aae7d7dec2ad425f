import { Dtype, GRAPH_RANK_MAX, GraphTensor } from "../layout/layout.gen.ts";
import { type Address, addressOf } from "./library.ts";

/** Element types a graph's tensors have here, by what holds them. */
export type TensorData = Float32Array | Uint8Array | Int32Array | BigInt64Array;

/** Values of a run, read or written in place. */
export interface Tensor {
  /** Over a `SharedArrayBuffer`, which stays where it is: row-major, the last dimension fastest. */
  readonly data: TensorData;
  readonly shape: readonly number[];
}

interface Holders {
  readonly f32: Float32Array;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
}

interface Holder<Data> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer): Data;
}

const HOLDERS: { readonly [Name in keyof Holders]: Holder<Holders[Name]> } = {
  f32: Float32Array,
  u8: Uint8Array,
  i32: Int32Array,
  i64: BigInt64Array,
};

/** A tensor of one element type. */
export interface TensorOf<Name extends keyof Holders> {
  readonly data: Holders[Name];
  readonly shape: readonly number[];
}

/**
 * A tensor of zeros over shared memory.
 *
 * @example
 * ```ts
 * const images = tensor("u8", [16, 3, 50, 50]);
 * images.data.set(pixels);
 * ```
 */
export function tensor<Name extends keyof Holders>(
  dtype: Name,
  shape: readonly number[],
): TensorOf<Name> {
  const Data = HOLDERS[dtype];
  return {
    data: new Data(new SharedArrayBuffer(elementCount(shape) * Data.BYTES_PER_ELEMENT)),
    shape,
  };
}

/** Elements of a tensor of this shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const side of shape) count *= side;
  return count;
}

const WORDS = GraphTensor.sizeBytes / 4;

/** Descriptions of a run's inputs or outputs, as native code takes them. */
export class TensorTable {
  /** `graph_tensor` structs, one behind the other. */
  readonly words: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.words = new Uint32Array(new SharedArrayBuffer(GraphTensor.sizeBytes * capacity));
  }

  /**
   * HOT: a few times a run.
   *
   * @throws {TypeError} where the values do not lie in shared memory
   * @throws {RangeError} where they are not as many as the shape says, or it has too many dimensions
   */
  add(name: string, index: number, { data, shape }: Tensor): void {
    if (!(data.buffer instanceof SharedArrayBuffer)) {
      throw new TypeError(`Tensor "${name}" must lie in a SharedArrayBuffer`);
    }
    if (data.length !== elementCount(shape) || shape.length > GRAPH_RANK_MAX) {
      const right = `its shape is [${shape.join(", ")}], of at most ${GRAPH_RANK_MAX} dimensions`;
      throw new RangeError(`Tensor "${name}" holds ${data.length} values: ${right}`);
    }
    const { words } = this;
    const at = this.length * WORDS;
    const address: Address = addressOf(data);
    words[at + GraphTensor.address / 4] = address;
    words[at + GraphTensor.address / 4 + 1] = address / 2 ** 32;
    words[at + GraphTensor.index / 4] = index;
    words[at + GraphTensor.dtype / 4] = dtypeOf(data);
    words[at + GraphTensor.rank / 4] = shape.length;
    for (let axis = 0; axis < shape.length; axis += 1) {
      words[at + GraphTensor.shape / 4 + axis] = shape[axis] as number;
    }
    this.length += 1;
  }
}

function dtypeOf(data: TensorData): number {
  if (data instanceof Float32Array) return Dtype.f32;
  if (data instanceof Uint8Array) return Dtype.u8;
  return data instanceof Int32Array ? Dtype.i32 : Dtype.i64;
}
