import { rmSync } from "node:fs";
import { runtimeError, usageError } from "../errors.ts";
import { HeldLock } from "../native/held-lock.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { lockFilePath } from "./work-file.ts";

/** What a search reads and writes. */
export interface SearchFiles {
  /** The video. */
  readonly path: string;
  /** Where its answers wait, as `workFilePath` gives it. */
  readonly work: string;
}

/**
 * Keeps others from searching the same videos with the same cascade: all of them, or none. The
 * answers of a search are cut, written, read and removed under its lock alone.
 *
 * @returns what gives the locks up; they go with the process, too, however it ends
 * @throws {AipError} `search-in-use`, `output-failed`
 */
export function lockSearches(searches: readonly SearchFiles[]): Disposable {
  const held = new Map<string, HeldLock>();
  const release = (): void => {
    for (const [path, lock] of held) {
      // While it is ours: whoever opens it from now on sees that it is gone.
      rmSync(path, { force: true });
      lock[Symbol.dispose]();
    }
    held.clear();
  };
  try {
    for (const { path: video, work } of searches) {
      const path = lockFilePath(work);
      // One video may be named twice.
      if (!held.has(path)) held.set(path, take(path, video));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { [Symbol.dispose]: release };
}

function take(path: string, video: string): HeldLock {
  let lock: HeldLock | null;
  try {
    lock = HeldLock.try(path);
  } catch (cause) {
    throw runtimeError("output-failed", `Cannot write "${path}": ${reasonOf(cause)}`, cause);
  }
  if (lock !== null) return lock;
  const message = `Cannot search "${video}": another search of it is under way; wait for its end`;
  throw usageError("search-in-use", message);
}
