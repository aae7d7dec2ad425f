import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "../sink/line-writer.ts";
import { replaceFile } from "../sink/replace-file.ts";

/** Measurements kept, newest first. */
const ENTRIES_MAX = 100;

/** What the file holds: ratios by machine, ffmpeg and sizes. */
export type Measured = Readonly<Record<string, number>>;

/** Measurements, and what people should know of how they were read or written; null for nothing. */
export interface StoredMeasured {
  readonly measured: Measured;
  /** Why the file that is there is not used, in one sentence; null where it is, or is missing. */
  readonly ignored: string | null;
}

/** The stored measurements, newest first; none where the file is missing or is no such file. */
export async function readMeasured(path: string): Promise<StoredMeasured> {
  let reason: string;
  try {
    const found: unknown = JSON.parse(await readFile(path, "utf8"));
    if (isMeasured(found)) {
      const entries = Object.entries(found).slice(0, ENTRIES_MAX);
      return { measured: Object.fromEntries(entries), ignored: null };
    }
    reason = "it holds something else than ratios by sizes";
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return { measured: {}, ignored: null };
    reason = error instanceof SyntaxError ? "it is no JSON" : reasonOf(error);
  }
  return { measured: {}, ignored: `"${path}" cannot be used: ${reason}` };
}

/**
 * Writes the file whole or not at all.
 * @returns why it could not be written, in one sentence; null where it was
 */
export async function storeMeasured(path: string, measured: Measured): Promise<string | null> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, `${JSON.stringify(measured, null, 2)}\n`);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return `Cannot write "${path}": ${reasonOf(error)}`;
  }
}

function isMeasured(found: unknown): found is Measured {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
  return Object.values(found).every((gain) => Number.isFinite(gain) && gain > 0);
}
