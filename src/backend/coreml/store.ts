import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../cache-folder.ts";
import { isFileLocked } from "../../native/file-lock.ts";
import { HeldLock } from "../../native/held-lock.ts";
import { removeUnfinished } from "./compiler-folder.ts";
import { entryBytes, isWhole, MODEL_FOLDER, writeEntry } from "./entry.ts";
import { asUnwritable } from "./unwritable.ts";
import { waitForLock } from "./wait-for-lock.ts";

/** Compiled models take at most so much of the disk, unless one alone takes more. */
const SIZE_MAX_BYTES = 8 * 2 ** 30;
/** A staging folder is named after its entry and the process that makes it. */
const STAGING = ".making-";

export interface StoreOptions {
  /** Default: `coreml` in aip's cache. */
  readonly folder?: string;
  readonly sizeMaxBytes?: number;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** A compiled model in the cache, which stays there for as long as this is not disposed of. */
export interface StoredModel extends Disposable {
  /** Everything kept of this model. */
  readonly folder: string;
  /** Whether it was made now. */
  readonly isNew: boolean;
  /** The `.mlmodelc` folder, at a path that never holds another model. */
  readonly compiledPath: string;
  /** Gives it up, and removes it where no other process has it: it is of no use. */
  discard(): void;
}

/** Folder of the compiled models. */
export function storeFolder(): string {
  return join(cacheFolder(), "coreml");
}

/**
 * The compiled form of a model, by the hash of its content: from the cache, or made now and kept.
 *
 * An entry is made in a folder of its own and renamed into place, under a lock that other processes
 * wait for; so it is there whole or not at all, and is made once. What a process left behind that
 * was ended while making one is removed by the next.
 *
 * @param make Writes the compiled model to the folder it is given, which does not exist.
 * @throws {AipError} `cache-unwritable`, and what `make` throws
 */
export async function storedModel(
  hash: string,
  source: string,
  make: (folder: string) => Promise<void>,
  options: StoreOptions,
): Promise<StoredModel> {
  const { folder = storeFolder(), signal, tell, sizeMaxBytes = SIZE_MAX_BYTES } = options;
  const entry = join(folder, hash);
  try {
    using _making = await waitForLock(lockPath(folder, hash), signal, () =>
      tell(`waiting for another process that compiles "${source}"`),
    );
    const isNew = !isWhole(entry);
    if (isNew) await makeEntry(folder, hash, source, make);
    forgetUsers(entry);
    userCount += 1;
    // The mark also tells by the folder's time of change when the model was last used.
    const users = join(entry, `${USER}${process.pid}-${userCount}`);
    const use = HeldLock.try(users);
    evict(folder, entry, sizeMaxBytes);
    const dispose = (): void => {
      use?.[Symbol.dispose]();
      rmSync(users, { force: true });
    };
    return {
      folder: entry,
      isNew,
      compiledPath: join(entry, MODEL_FOLDER),
      discard() {
        dispose();
        removeUnused(folder, hash);
      },
      [Symbol.dispose]: dispose,
    };
  } catch (cause) {
    throw asUnwritable(cause, source, folder);
  }
}

const USER = "user-";
let userCount = 0;

function lockPath(folder: string, hash: string): string {
  return join(folder, `${hash}.lock`);
}

/** The caller holds the entry's lock, so that whatever was being made of it is abandoned. */
async function makeEntry(
  folder: string,
  hash: string,
  source: string,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  removeStaging(folder, hash);
  const staging = join(folder, `${STAGING}${hash}-${process.pid}`);
  const entry = join(folder, hash);
  try {
    await mkdir(staging, { recursive: true });
    await make(join(staging, MODEL_FOLDER));
    await writeEntry(staging, source);
    rmSync(entry, { recursive: true, force: true });
    await rename(staging, entry);
  } catch (error) {
    removeStaging(folder, hash);
    // It guards nothing, and this process holds it.
    if (!existsSync(entry)) rmSync(lockPath(folder, hash), { force: true });
    throw error;
  }
}

function removeStaging(folder: string, hash: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${STAGING}${hash}-`)) continue;
    removeUnfinished(join(folder, name));
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Removes what was abandoned, and the least recently used models beyond the limit. */
function evict(folder: string, keep: string, sizeMaxBytes: number): void {
  const entries: { path: string; hash: string; usedMs: number; sizeBytes: number }[] = [];
  for (const name of readdirSync(folder)) {
    const abandoned = new RegExp(`^\\${STAGING}([0-9a-f]+)-`).exec(name)?.[1];
    if (abandoned !== undefined && !isFileLocked(lockPath(folder, abandoned))) {
      removeStaging(folder, abandoned);
    }
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!/^[0-9a-f]+$/.test(name) || stats?.isDirectory() !== true) continue;
    entries.push({ path, hash: name, usedMs: stats.mtimeMs, sizeBytes: entryBytes(path) });
  }
  let sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  for (const entry of entries.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (sizeBytes <= sizeMaxBytes) return;
    if (entry.path === keep || isUsed(entry.path)) continue;
    // Whoever makes or takes this one right now holds its lock.
    using lock = HeldLock.try(lockPath(folder, entry.hash));
    if (lock === null) continue;
    rmSync(entry.path, { recursive: true, force: true });
    sizeBytes -= entry.sizeBytes;
  }
}

/** Removes an entry with its lock, unless somebody has it. */
function removeUnused(folder: string, hash: string): void {
  const entry = join(folder, hash);
  // Whoever makes or takes it right now holds its lock.
  using lock = HeldLock.try(lockPath(folder, hash));
  if (lock === null || !existsSync(entry) || isUsed(entry)) return;
  rmSync(entry, { recursive: true, force: true });
  rmSync(lockPath(folder, hash), { force: true });
}

/** Whether a process that is still there has taken the model. */
function isUsed(entry: string): boolean {
  return usersOf(entry).some(isFileLocked);
}

/** Removes the marks of processes that are gone; the caller holds the entry's lock. */
function forgetUsers(entry: string): void {
  for (const user of usersOf(entry)) if (!isFileLocked(user)) rmSync(user, { force: true });
}

function usersOf(entry: string): string[] {
  const names = readdirSync(entry).filter((name) => name.startsWith(USER));
  return names.map((name) => join(entry, name));
}
