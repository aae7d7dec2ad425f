import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { usageError } from "../errors.ts";
import { reasonOf } from "./line-writer.ts";

/**
 * Makes a folder, and those it lies in, where they are missing.
 *
 * @returns the first one that was missing; undefined where none was
 * @throws {AipError} `folder-unwritable`
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (cause) {
    const message = `Cannot make the folder "${path}": ${reasonOf(cause)}`;
    throw usageError("folder-unwritable", message, cause);
  }
}

/**
 * Finds out whether a folder can be made, and takes files, before hours of work go into what it is
 * to hold. Leaves nothing behind.
 *
 * @throws {AipError} `folder-unwritable`
 */
export async function checkFolder(path: string): Promise<void> {
  const made = await makeFolder(path);
  try {
    await rm(await mkdtemp(join(path, ".aip-")), { recursive: true });
  } catch (cause) {
    // A disk that is full now may have room later, and says so itself.
    if ((cause as NodeJS.ErrnoException).code === "ENOSPC") return;
    const message = `Cannot write to the folder "${path}": ${reasonOf(cause)}`;
    throw usageError("folder-unwritable", message, cause);
  } finally {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  }
}
