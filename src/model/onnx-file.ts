import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { usageError } from "../errors.ts";

/** Wire types of the fields of ONNX's `ModelProto` (onnx.proto), by field number. */
const WIRE_TYPES: Readonly<Record<number, number>> = {
  1: 0, // ir_version
  2: 2, // producer_name
  3: 2, // producer_version
  4: 2, // domain
  5: 0, // model_version
  6: 2, // doc_string
  7: 2, // graph
  8: 2, // opset_import
};
const GRAPH_FIELD = 7;

/** A model has a few dozen top-level fields; a file with more is none. */
const FIELD_COUNT_MAX = 10_000;
/** Tag and length of a field: two varints of at most 10 bytes. */
const FIELD_HEAD_BYTES = 20;

/**
 * Checks that a file can be an ONNX model, by walking the top-level fields of its protobuf message
 * to the end without reading the weights. Finds files of another kind and files cut short, before
 * a runtime with less telling messages sees them.
 *
 * Wire format: protobuf.dev, "Encoding".
 *
 * @throws {AipError} `model-invalid`
 */
export function checkOnnxFile(path: string): void {
  const fd = openSync(path, "r");
  try {
    const what = findFault(fd, fstatSync(fd).size);
    if (what !== undefined) {
      throw usageError("model-invalid", `Cannot open model "${path}": ${what}`);
    }
  } finally {
    closeSync(fd);
  }
}

const NOT_ONNX = "it is no ONNX model";
const CUT_SHORT = "the file is damaged or cut short";

function findFault(fd: number, sizeBytes: number): string | undefined {
  if (sizeBytes === 0) return "the file is empty";
  let offsetBytes = 0;
  let hasGraph = false;
  for (let count = 0; offsetBytes < sizeBytes; count++) {
    const field = readField(fd, offsetBytes);
    if (field === undefined || count === FIELD_COUNT_MAX) return hasGraph ? CUT_SHORT : NOT_ONNX;
    offsetBytes = field.endBytes;
    hasGraph ||= field.number === GRAPH_FIELD;
  }
  if (!hasGraph) return NOT_ONNX;
  if (offsetBytes === sizeBytes) return undefined;
  return `the file is cut short: ${sizeBytes} bytes of at least ${offsetBytes}`;
}

interface Field {
  readonly number: number;
  /** Where the next field begins, from the file's start. */
  readonly endBytes: number;
}

function readField(fd: number, offsetBytes: number): Field | undefined {
  const head = new Uint8Array(FIELD_HEAD_BYTES);
  const bytes = head.subarray(0, readSync(fd, head, 0, head.length, offsetBytes));
  const tag = readVarint(bytes, 0);
  if (tag === undefined) return undefined;
  const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
  if (number === 0 || (WIRE_TYPES[number] ?? wireType) !== wireType) return undefined;
  const lengthBytes = valueLength(bytes, tag.endIndex, wireType);
  if (lengthBytes === undefined) return undefined;
  return { number, endBytes: offsetBytes + tag.endIndex + lengthBytes };
}

/** Bytes of a field's value, its length prefix included. */
function valueLength(bytes: Uint8Array, index: number, wireType: number): number | undefined {
  switch (wireType) {
    case 0: {
      const value = readVarint(bytes, index);
      return value === undefined ? undefined : value.endIndex - index;
    }
    case 1:
      return 8;
    case 2: {
      const length = readVarint(bytes, index);
      return length === undefined ? undefined : length.endIndex - index + length.value;
    }
    case 5:
      return 4;
    default:
      return undefined; // Groups, which ONNX does not use.
  }
}

interface Varint {
  readonly value: number;
  readonly endIndex: number;
}

/** Seven bits a byte, lowest first; lengths stay far below 2⁵³. */
function readVarint(bytes: Uint8Array, index: number): Varint | undefined {
  let value = 0;
  let place = 1;
  for (let at = index; at < Math.min(bytes.length, index + 10); at++) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * place;
    if (byte < 0x80) return { value, endIndex: at + 1 };
    place *= 128;
  }
  return undefined;
}
