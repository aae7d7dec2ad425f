import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isWhole } from "../backend/coreml/entry.ts";
import { cacheFolder } from "../cache-folder.ts";
import { checkStorable } from "../calibration/store.ts";
import { AipError } from "../errors.ts";
import { isFileLocked } from "../native/file-lock.ts";
import { readMeasured } from "../pipeline/ingest-store.ts";
import { parseCalibration } from "../schedule/calibration-schema.ts";
import { reasonOf } from "../sink/line-writer.ts";

/** One folder of the cache. */
export interface CacheState {
  /** Its name in the cache folder. */
  readonly name: string;
  readonly path: string;
  readonly entries: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedEntry[];
}

export interface DamagedEntry {
  readonly path: string;
  /** Why it cannot be used. */
  readonly reason: string;
}

const LEFT_BEHIND = "a process that ended before it was done left it";

/** What is wrong with the entries of a folder; other folders are only counted. */
const CHECKS: Readonly<Record<string, (path: string) => string | null>> = {
  calibrations: calibrationFault,
  coreml: compiledModelFault,
};

/** A compiled model that is being made stands under such a name until it is whole. */
const MAKING = /^\.making-(\w+)-\d+$/;

/**
 * Every folder and file of the cache with its size, and what in it is damaged; none where there is
 * no cache.
 */
export async function inspectCaches(folder: string = cacheFolder()): Promise<CacheState[]> {
  const states: CacheState[] = [];
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    states.push(entry.isDirectory() ? inspectFolder(path) : await inspectFile(path));
  }
  return states.sort((a, b) => a.name.localeCompare(b.name));
}

/** Why the cache cannot be written, in a sentence; null where it can. */
export async function cacheObstacle(folder: string = cacheFolder()): Promise<string | null> {
  try {
    await checkStorable(folder);
    return null;
  } catch (error) {
    if (error instanceof AipError) return error.message;
    throw error;
  }
}

function inspectFolder(path: string): CacheState {
  const name = basename(path);
  // Locks are no entries: they stay, and hold nothing.
  const entries = entriesOf(path).filter((entry) => !entry.name.endsWith(".lock"));
  const check = CHECKS[name];
  const damaged: DamagedEntry[] = [];
  for (const entry of entries) {
    const entryPath = join(path, entry.name);
    const reason = leftover(entry.name) ?? check?.(entryPath) ?? null;
    if (reason !== null) damaged.push({ path: entryPath, reason });
  }
  return { name, path, entries: entries.length, bytes: bytesIn(path), damaged };
}

/** A file beside the folders: what decoding was measured to gain, see `readMeasured`. */
async function inspectFile(path: string): Promise<CacheState> {
  const name = basename(path);
  const { ignored } = await readMeasured(path);
  const reason = leftover(name) ?? ignored;
  const damaged = reason === null ? [] : [{ path, reason }];
  return { name, path, entries: 1, bytes: statSync(path).size, damaged };
}

/** What a process that ended in the middle leaves is named after what it was to become. */
function leftover(name: string): string | null {
  const isPart = /\.(part|partial|tmp|new)(\b|$)/.test(name);
  return isPart ? LEFT_BEHIND : null;
}

/** Beside the compiled models lie locks, and what became of models that could not be compiled. */
function compiledModelFault(path: string): string | null {
  const name = basename(path);
  if (name.endsWith(".lock") || name.endsWith(".json")) return null;
  const hash = MAKING.exec(name)?.[1];
  if (hash === undefined) return isWhole(path) ? null : "the compiled model is not whole";
  const isBeingMade = isFileLocked(join(dirname(path), `${hash}.lock`));
  return isBeingMade ? null : LEFT_BEHIND;
}

function calibrationFault(path: string): string | null {
  try {
    parseCalibration(readFileSync(path, "utf8"));
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // A folder that is not there, or not ours to read, holds nothing for us.
  }
}

function bytesIn(path: string): number {
  return entriesOf(path).reduce((sum, entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return sum + bytesIn(inside);
    return sum + (statSync(inside, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
