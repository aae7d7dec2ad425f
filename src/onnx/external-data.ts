import { closeSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";

/** How an entry of `TensorProto.external_data` (onnx.proto) begins: its key, then its value's tag. */
const LOCATION = Buffer.from("\n\x08location\x12", "latin1");
/** Field 13 of `TensorProto`, and the length of an entry of up to 16 KiB. */
const TAG = 0x6a;
const TAG_AND_LENGTH_BYTES = 3;
/** A location is a path below the model's folder. */
const PATH_BYTES_MAX = 4096;
/** Bytes an entry takes at most: tag and length, its beginning, a length again, a path. */
const ENTRY_BYTES_MAX = TAG_AND_LENGTH_BYTES + LOCATION.length + 2 + PATH_BYTES_MAX;
const CHUNK_BYTES = 1 << 20;

/**
 * Files beside an ONNX model that hold its weights: the `location` of every tensor with external
 * data, from the model's folder. Found by the bytes such an entry begins with, as it may stand in
 * any graph, function or attribute of the model.
 *
 * Specification: onnx.ai, "External Data".
 *
 * @throws what the file system says
 */
export function externalDataFiles(modelPath: string): readonly string[] {
  const fd = openSync(modelPath, "r");
  try {
    return [...findLocations(fd)].map((location) => join(dirname(modelPath), location));
  } finally {
    closeSync(fd);
  }
}

function findLocations(fd: number): Set<string> {
  const found = new Set<string>();
  // Chunks overlap by an entry: one that begins in a chunk ends in it.
  const buffer = Buffer.alloc(CHUNK_BYTES + ENTRY_BYTES_MAX);
  for (let offset = 0; ; offset += CHUNK_BYTES) {
    const bytes = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, offset));
    for (let at = bytes.indexOf(LOCATION); at >= 0; at = bytes.indexOf(LOCATION, at + 1)) {
      const location = isExternalData(bytes, at) ? readText(bytes, at + LOCATION.length) : "";
      if (location !== "") found.add(location);
    }
    if (bytes.length < buffer.length) return found;
  }
}

/** Whether the entry is a tensor's: a model's metadata may have a key of that name, too. */
function isExternalData(bytes: Buffer, at: number): boolean {
  const [tag = 0, first = 0] = bytes.subarray(at - TAG_AND_LENGTH_BYTES, at);
  return at >= TAG_AND_LENGTH_BYTES && (first === TAG || (tag === TAG && first >= 0x80));
}

/** A text after its length, a varint with the low seven bits first (protobuf.dev, "Encoding"). */
function readText(bytes: Buffer, at: number): string {
  const [low = 0, high = 0] = bytes.subarray(at, at + 2);
  const isLong = low >= 0x80;
  const length = isLong ? (low & 0x7f) | (high << 7) : low;
  const first = at + (isLong ? 2 : 1);
  if (length > PATH_BYTES_MAX || first + length > bytes.length) return "";
  return bytes.toString("utf8", first, first + length);
}
