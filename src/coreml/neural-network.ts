import {
  bytesOf,
  type Field,
  fieldsOf,
  intOf,
  intsOf,
  readFields,
  textOf,
} from "../protobuf/message.ts";
import { LAYER_NAMES } from "./layer-names.ts";
import type { Constant, Operation } from "./operation.ts";

/** Field numbers of a neural network (NeuralNetwork.proto). */
const LAYERS = 1;
const LAYER_NAME = 1;
/** From here on the fields of a layer are its parameters. */
const LAYER_TYPE_MIN = 100;
const Convolution = { kernelSize: 20, dilations: 40 } as const;
const Convolution3d = { kernel: [20, 21, 22], dilations: [40, 41, 42] } as const;
const Pooling = { kernelSize: 10, global: 60 } as const;
const Weight = { float: 1, half: 2, raw: 30, int8: 31 } as const;

/** Where layers hold their weights: recurrent and custom ones nest them, and are not counted. */
const WEIGHT_FIELDS: Readonly<Record<string, readonly number[]>> = {
  convolution: [90, 91],
  innerProduct: [20, 21],
  embedding: [20, 21],
  batchnorm: [15, 16, 17, 18],
  scale: [2, 5],
  bias: [2],
  loadConstant: [2],
  embeddingND: [20, 21],
  batchedMatmul: [8, 9],
  loadConstantND: [2],
  layerNormalization: [3, 4],
  convolution3d: [60, 61],
};

/** Layers that hold networks of their own, in these fields. */
const NESTED: Readonly<Record<string, readonly number[]>> = { branch: [1, 2], loop: [3, 4] };
const DEPTH_MAX = 32;

/** What was read of a neural network. */
export interface NetworkReading {
  readonly operations: readonly Operation[];
  readonly constants: readonly Constant[];
}

/** Reads the layers of a neural network, nested ones too. @throws {Error} where it is none */
export function readNetwork(message: Uint8Array): NetworkReading {
  const operations: Operation[] = [];
  const constants: Constant[] = [];
  const read = (network: Uint8Array, depth: number): void => {
    if (depth > DEPTH_MAX) throw new Error(`networks nested deeper than ${DEPTH_MAX}`);
    for (const bytes of bytesOf(readFields(network), LAYERS)) {
      const fields = readFields(bytes);
      const layer = fields.findLast(({ no }) => no >= LAYER_TYPE_MIN);
      if (layer === undefined) continue;
      const type = LAYER_NAMES[layer.no] ?? `layer ${layer.no}`;
      const parameters = readFields(layer.bytes);
      operations.push({ type, ...windowOf(type, parameters) });
      constants.push(...constantsOf(type, textOf(fields, LAYER_NAME), parameters));
      for (const no of NESTED[type] ?? []) {
        for (const inner of bytesOf(parameters, no)) read(inner, depth + 1);
      }
    }
  };
  read(message, 0);
  return { operations, constants };
}

function windowOf(type: string, parameters: readonly Field[]): Omit<Operation, "type"> {
  switch (type) {
    case "convolution":
      return {
        kernel: sizes(parameters, Convolution.kernelSize),
        dilations: sizes(parameters, Convolution.dilations),
      };
    case "convolution3d":
      return {
        kernel: Convolution3d.kernel.map((no) => intOf(parameters, no)),
        dilations: Convolution3d.dilations.map((no) => intOf(parameters, no, 1)),
      };
    case "pooling": {
      const isGlobal = intOf(parameters, Pooling.global) !== 0;
      return { kernel: isGlobal ? [] : sizes(parameters, Pooling.kernelSize), dilations: [] };
    }
    default:
      return { kernel: [], dilations: [] };
  }
}

/** Height and width; a list this short is a parameter, a longer one damage. */
function sizes(parameters: readonly Field[], no: number): readonly number[] {
  const values = bytesOf(parameters, no);
  return values.some(({ length }) => length > 64) ? [] : intsOf(parameters, no);
}

function constantsOf(type: string, name: string, parameters: readonly Field[]): Constant[] {
  return (WEIGHT_FIELDS[type] ?? []).flatMap((no) =>
    fieldsOf(parameters, no).flatMap((field): Constant[] => {
      const dtype = weightType(field.no);
      const sizeBytes = field.bytes.length;
      return dtype === undefined ? [] : [{ name, dtype, sizeBytes, place: null }];
    }),
  );
}

function weightType(no: number): string | undefined {
  switch (no) {
    case Weight.float:
      return "float32";
    case Weight.half:
      return "float16";
    case Weight.raw:
      return "quantized";
    case Weight.int8:
      return "int8";
    default:
      return undefined;
  }
}
