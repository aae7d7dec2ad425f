import { readdirSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The compiled model in an entry of the cache. */
export const MODEL_FOLDER = "model.mlmodelc";
/** How the names of answers end that are kept beside it, to compare others with. */
const ANSWER = ".f32";
const ENTRY_FILE = "entry.json";

/** What an entry of the cache says of itself; written last, so that what lacks it is not whole. */
interface EntryFile {
  /** Where the model lay that was compiled. */
  readonly source: string;
  /** Sizes in bytes of all files of the compiled model, by their paths in it. */
  readonly files: Readonly<Record<string, number>>;
}

/** Describes the compiled model in `folder`, which is whole. */
export async function writeEntry(folder: string, source: string): Promise<void> {
  const entry: EntryFile = { source, files: fileSizes(join(folder, MODEL_FOLDER)) };
  await writeFile(join(folder, ENTRY_FILE), `${JSON.stringify(entry, null, 2)}\n`);
}

/** Whether a folder is a whole entry: what a crash of the system cut short is none. */
export function isWhole(folder: string): boolean {
  const entry = readEntry(folder);
  if (entry === null) return false;
  const model = join(folder, MODEL_FOLDER);
  return Object.entries(entry.files).every(
    ([name, sizeBytes]) =>
      statSync(join(model, name), { throwIfNoEntry: false })?.size === sizeBytes,
  );
}

/** Bytes of an entry: its compiled model, as far as it can be told, and the answers kept of it. */
export function entryBytes(folder: string): number {
  const sizes = Object.values(readEntry(folder)?.files ?? {});
  const answers = readdirSync(folder).filter((name) => name.endsWith(ANSWER));
  for (const name of answers) {
    sizes.push(statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  }
  return sizes.reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}

function readEntry(folder: string): EntryFile | null {
  try {
    const entry = JSON.parse(readFileSync(join(folder, ENTRY_FILE), "utf8")) as EntryFile;
    return typeof entry.files === "object" && entry.files !== null ? entry : null;
  } catch {
    // Missing, unreadable or no JSON: in each case there is nothing to use.
    return null;
  }
}

function fileSizes(folder: string): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const stats = statSync(join(folder, entry));
    if (stats.isFile()) sizes[entry] = stats.size;
  }
  return sizes;
}
