import { access, constants, mkdir, readdir, readFile, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { AipError, runtimeError, usageError } from "../errors.ts";
import type { Calibration, CalibrationKey } from "../schedule/calibration.ts";
import { parseCalibration } from "../schedule/calibration-schema.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { replaceFile } from "../sink/replace-file.ts";
import { fileNameOf, modelPrefixOf } from "./key.ts";
import { differences } from "./key-differences.ts";
import { checkStoredDevices } from "./stored-check.ts";

/** What was found for a key. */
export interface Stored {
  readonly calibration: Calibration | null;
  /** Why something that was there is not used, in one sentence; null where nothing was. */
  readonly ignored: string | null;
}

/** Path of the file a calibration of this key is stored in. */
export function calibrationPath(
  key: CalibrationKey,
  modelName: string,
  folder: string = cacheFolder(),
): string {
  return join(folder, "calibrations", fileNameOf(key, modelName));
}

/**
 * Looks for the calibration of a key. A file that is corrupt, or of another machine, model or
 * version, is never used; `ignored` says so.
 */
export async function findCalibration(
  key: CalibrationKey,
  modelName: string,
  folder?: string,
): Promise<Stored> {
  const path = calibrationPath(key, modelName, folder);
  try {
    const text = await readIfThere(path);
    if (text === null) return { calibration: null, ignored: await otherOf(key, modelName, path) };
    const calibration = parseCalibration(text);
    const different = differences(calibration.key, key);
    if (different.length > 0) {
      return { calibration: null, ignored: `"${path}" is of ${different.join(" and ")}` };
    }
    checkStoredDevices(calibration);
    return { calibration, ignored: null };
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    return { calibration: null, ignored: `"${path}" cannot be used: ${error.message}` };
  }
}

/**
 * Stores a calibration: the file is there whole or not at all.
 * @returns its path
 * @throws {AipError} `calibration-unwritable`
 */
export async function storeCalibration(
  calibration: Calibration,
  modelName: string,
  folder?: string,
): Promise<string> {
  const path = calibrationPath(calibration.key, modelName, folder);
  await writeCalibration(path, calibration);
  return path;
}

/**
 * Refuses a cache that cannot be written, before anything is measured; what it makes to find out is
 * removed again. What fails later all the same is told by `storeCalibration`.
 *
 * @throws {AipError} `calibration-unwritable`
 */
export async function checkStorable(folder: string = cacheFolder()): Promise<void> {
  const calibrations = resolve(folder, "calibrations");
  try {
    const made = await mkdir(calibrations, { recursive: true });
    await access(calibrations, constants.W_OK | constants.X_OK);
    if (made !== undefined) await removeEmpty(calibrations, made);
  } catch (cause) {
    const message =
      `Cannot store a calibration in "${calibrations}": ${reasonOf(cause)}; ` +
      "name a folder that can be written by AIP_CACHE_DIR";
    throw usageError("calibration-unwritable", message, cause);
  }
}

/** Removes a folder and those above it, up to the first one named, as far as they are empty. */
async function removeEmpty(folder: string, first: string): Promise<void> {
  for (let path = folder; path.length >= first.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      // Another calibration has just been stored there, or has removed it.
      if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY" && !isAbsent(error)) throw error;
      return;
    }
  }
}

/** Writes a calibration to a file of any name, whole or not at all. @throws {AipError} */
export async function writeCalibration(path: string, calibration: Calibration): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, `${JSON.stringify(calibration, null, 2)}\n`);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** What the calibrations of the same model that are there are of, where there are some. */
async function otherOf(
  key: CalibrationKey,
  modelName: string,
  path: string,
): Promise<string | null> {
  const prefix = modelPrefixOf(key, modelName);
  const names = (await namesIn(dirname(path))).filter(
    (name) => name.startsWith(prefix) && name.endsWith(".json"),
  );
  for (const name of names) {
    try {
      const text = await readIfThere(join(dirname(path), name));
      const different = text === null ? [] : differences(parseCalibration(text).key, key);
      if (different.length > 0) return `"${name}" is of ${different.join(" and ")}`;
    } catch (error) {
      // A corrupt file of another machine or version is nothing to this one.
      if (!(error instanceof AipError)) throw error;
    }
  }
  return null;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw unreadable(error);
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isAbsent(error)) return null;
    throw unreadable(error);
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function unwritable(path: string, cause: unknown): AipError {
  return runtimeError(
    "calibration-unwritable",
    `Cannot write "${path}": ${reasonOf(cause)}`,
    cause,
  );
}

function unreadable(cause: unknown): AipError {
  return runtimeError("calibration-unreadable", `it cannot be read (${reasonOf(cause)})`, cause);
}
