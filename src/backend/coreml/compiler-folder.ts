import { readdirSync, readFileSync, rmdirSync, rmSync, type Stats, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as v from "valibot";

/** In the folder where a model is being made: what its compiler may leave elsewhere. */
const NOTE = "compiler.json";

const NoteSchema = v.object({
  /** Where the compiler writes. */
  folder: v.string(),
  /** Of the model, without its extension: what is compiled has it in its name. */
  stem: v.string(),
  /** How long the compiler has at most. */
  limitMs: v.number(),
});

/**
 * The folder in which Core ML's compiler writes. On a Mac that is one of the user's own, which the
 * system names and no variable of the environment moves: TMPDIR may be another.
 */
export function compilerFolder(): string {
  if (process.platform !== "darwin") return tmpdir();
  const { exitCode, stdout } = Bun.spawnSync(["getconf", "DARWIN_USER_TEMP_DIR"]);
  const named = stdout.toString().trim();
  return exitCode === 0 && named !== "" ? named : tmpdir();
}

/** Notes in `staging`, before the compiler starts, what it may leave in `folder`. */
export async function noteCompiler(
  staging: string,
  modelPath: string,
  { folder, limitMs }: { readonly folder: string; readonly limitMs: number },
): Promise<void> {
  const stem = basename(modelPath).replace(/\.[^.]*$/, "");
  await writeFile(join(staging, NOTE), JSON.stringify({ folder, stem, limitMs }));
}

/**
 * Removes what a compiler that was ended has left of the model that was being made in `staging`, and
 * the note of it: folders of the model's name that came to be since, while it could run.
 */
export function removeUnfinished(staging: string): void {
  const path = join(staging, NOTE);
  const sinceMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  const note = readNote(path);
  rmSync(path, { force: true });
  if (note === null || sinceMs === undefined) return;
  const { folder, stem, limitMs } = note;
  const isOfThen = (each: string): boolean => {
    const stats = statSync(each, { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true) return false;
    const bornMs = birthMs(stats);
    return bornMs >= sinceMs && bornMs <= sinceMs + limitMs;
  };
  const isCompiled = (name: string): boolean => name.startsWith(stem) && name.endsWith(".mlmodelc");
  for (const name of namesIn(folder)) {
    const each = join(folder, name);
    if (!isOfThen(each)) continue;
    // It may lie in a folder of its own.
    const found = isCompiled(name) ? [""] : namesIn(each).filter(isCompiled);
    for (const inside of found) rmSync(join(each, inside), { recursive: true, force: true });
    if (found.length > 0) removeEmpty(each);
  }
}

function birthMs({ birthtimeMs, ctimeMs }: Stats): number {
  // Some file systems keep no time of birth.
  return birthtimeMs > 0 ? birthtimeMs : ctimeMs;
}

function readNote(path: string): v.InferOutput<typeof NoteSchema> | null {
  try {
    const result = v.safeParse(NoteSchema, JSON.parse(readFileSync(path, "utf8")));
    return result.success ? result.output : null;
  } catch {
    // None, or cut short by a crash, before the compiler was started.
    return null;
  }
}

/** What is in a folder; nothing where it is of no use to us: no folder, another user's, gone. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(code ?? "")) throw error;
  }
}
