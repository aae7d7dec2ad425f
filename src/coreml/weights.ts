import { closeSync, openSync, readSync, statSync } from "node:fs";
import { isAbsolute, join, normalize, sep } from "node:path";
import type { Constant } from "./operation.ts";
import { unreadable } from "./unreadable.ts";

/** Stands for the folder of the model file in names of weight files. */
const MODEL_FOLDER = "@model_path/";

/** `blob_metadata` of a weight file: 64 bytes that begin with a mark. */
const ENTRY_BYTES = 64;
const ENTRY_MARK = 0xdeadbeef;
const ENTRY_SIZE_OFFSET = 8;
const ENTRY_DATA_OFFSET = 16;

/**
 * Checks that every constant which lies in a weight file is there whole, without reading it.
 *
 * ```text
 * 0         64                 128
 * ┌─────────┬──────────────────┬────────┬───
 * │ header  │ mark type        │ data   │ next entry, at a multiple of 64
 * │         │ bytes where  …   │        │
 * └─────────┴──────────────────┴────────┴───
 * ```
 *
 * Format: coremltools, `mlmodel/src/MILBlob/Blob/StorageFormat.hpp`.
 *
 * @param path the model, for messages
 * @param folder the folder of its model file
 * @throws {AipError} `model-invalid`, naming the file and the constant
 */
export function checkWeights(path: string, folder: string, constants: readonly Constant[]): void {
  const byFile = Map.groupBy(
    constants.filter(({ place }) => place !== null),
    ({ place }) => place?.fileName ?? "",
  );
  for (const [fileName, placed] of byFile) {
    const name = fileName.startsWith(MODEL_FOLDER) ? fileName.slice(MODEL_FOLDER.length) : fileName;
    if (leaves(name)) throw unreadable(path, `its weight file ${quoted(name)} lies outside of it`);
    const fault = findFault(join(folder, name), placed);
    if (fault !== undefined) throw unreadable(path, `weight file ${quoted(name)} ${fault}`);
  }
}

/** Whether a relative name points out of its folder. */
export function leaves(name: string): boolean {
  const place = normalize(name);
  return isAbsolute(place) || place === ".." || place.startsWith(`..${sep}`) || name.includes("\0");
}

function findFault(file: string, constants: readonly Constant[]): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return "is missing";
  // Before it is opened: to open a pipe is to wait for a writer.
  if (!stats.isFile()) return "is no file";
  const fd = openSync(file, "r");
  try {
    for (const constant of constants) {
      const fault = entryFault(fd, stats.size, constant);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function entryFault(fd: number, fileBytes: number, constant: Constant): string | undefined {
  const { name, place } = constant;
  const offsetBytes = place?.offsetBytes ?? 0;
  const cut = (endBytes: number): string =>
    `is cut short: it has ${fileBytes} bytes, and ${quoted(name)} ends at ${endBytes}`;
  if (!(offsetBytes >= 0)) return `is damaged: no weights of ${quoted(name)} at ${offsetBytes}`;
  if (offsetBytes + ENTRY_BYTES > fileBytes) return cut(offsetBytes + ENTRY_BYTES);
  const entry = new DataView(new ArrayBuffer(ENTRY_BYTES));
  readSync(fd, entry, 0, ENTRY_BYTES, offsetBytes);
  if (entry.getUint32(0, true) !== ENTRY_MARK) {
    return `is damaged: no weights begin at ${offsetBytes}, where ${quoted(name)} should`;
  }
  const sizeBytes = Number(entry.getBigUint64(ENTRY_SIZE_OFFSET, true));
  const endBytes = Number(entry.getBigUint64(ENTRY_DATA_OFFSET, true)) + sizeBytes;
  if (endBytes > fileBytes) return cut(endBytes);
  if (constant.sizeBytes !== null && sizeBytes < constant.sizeBytes) {
    return `is damaged: ${quoted(name)} has ${sizeBytes} bytes of ${constant.sizeBytes}`;
  }
  return undefined;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
