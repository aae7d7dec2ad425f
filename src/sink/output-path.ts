import { accessSync, constants, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { usageError } from "../errors.ts";

/**
 * Refuses an output file that cannot be written, or that would overwrite what is read, before
 * anything runs. Creates nothing. `-` (the standard output) is always fine.
 *
 * @param path the file to be written
 * @param inputs sources and model of the run; those that are no local files are passed over
 * @throws {AipError} `output-unwritable`, or `output-is-input`, both of category usage
 */
export function checkOutputPath(path: string, inputs: readonly string[] = []): void {
  if (path === "-") return;
  if (path === "") throw unwritable(path, "the name is empty; name a file");
  const existing = statOf(path);
  const folder = dirname(resolve(path));
  if (existing?.isDirectory()) throw unwritable(path, "it is a directory; name a file in it");
  for (const input of inputs) {
    if (isSameFile(path, existing, input)) {
      const message = `Output "${path}" is also an input ("${input}"): name another file`;
      throw usageError("output-is-input", message);
    }
  }
  const parent = statOf(folder);
  if (parent === undefined) throw unwritable(path, `the directory "${folder}" does not exist`);
  if (!parent.isDirectory()) throw unwritable(path, `"${folder}" is not a directory`);
  const target = existing === undefined ? folder : path;
  if (!isWritable(target)) throw unwritable(path, `no permission to write "${target}"`);
}

function unwritable(path: string, reason: string): Error {
  return usageError("output-unwritable", `Cannot write "${path}": ${reason}`);
}

/** Undefined where there is nothing, or nothing that can be looked at. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Sees through links of both kinds, and other spellings of a path. */
function isSameFile(path: string, existing: Stats | undefined, input: string): boolean {
  if (resolve(path) === resolve(input)) return true;
  if (existing === undefined || !existing.isFile()) return false;
  const other = statOf(input);
  return other !== undefined && other.dev === existing.dev && other.ino === existing.ino;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
