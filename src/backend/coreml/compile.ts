import { basename, dirname } from "node:path";
import { type AipError, usageError } from "../../errors.ts";
import { compilerFolder, noteCompiler, removeUnfinished } from "./compiler-folder.ts";
import { contentHash } from "./content-hash.ts";
import { probe } from "./probe.ts";
import { type StoredModel, type StoreOptions, storedModel, storeFolder } from "./store.ts";
import { isSystemCode, systemError } from "./unwritable.ts";
import { keptIn, readVerdict, verdictKey, verdictPath, writeVerdict } from "./verdict.ts";

export interface CompileOptions extends StoreOptions {
  readonly limitMs: number;
  /** Name of the processor; what was found holds for it alone. */
  readonly chip: string;
  /** Where the compiler writes before the model is moved; default: where the system has it do so. */
  readonly temporaryFolder?: string;
}

/**
 * The compiled form of the model at `path`, from the cache or made now, in a process of its own.
 * A model the compiler hung or crashed on is remembered, and not given to it again on the same
 * system.
 *
 * @throws {AipError} `model-invalid`, `model-unusable` where the compiler crashes or hangs,
 *   `cache-unwritable`
 */
export async function compiledModel(path: string, options: CompileOptions): Promise<StoredModel> {
  const { limitMs, signal, tell, chip, folder = storeFolder() } = options;
  const { temporaryFolder = compilerFolder() } = options;
  const hash = contentHash(path);
  const key = verdictKey({ unit: "compile", options: "", inputSize: "", chip });
  const verdictFile = verdictPath(folder, key, `${hash}-`);
  // Called under the entry's lock: another process that waited for it finds what was recorded.
  const make = async (target: string): Promise<void> => {
    const known = await readVerdict(verdictFile);
    if (known !== null) throw unusable(path, `${known.reason} (${keptIn(verdictFile)})`);
    const request = { step: "compile", modelPath: path, target } as const;
    const what = `compiling ${basename(path)}`;
    const staging = dirname(target);
    await noteCompiler(staging, path, { folder: temporaryFolder, limitMs });
    const result = await probe(request, { what, limitMs, signal, tell });
    removeUnfinished(staging);
    if (result.kind === "ok") return;
    if (result.kind === "failed") throw compileFailure(path, temporaryFolder, result);
    const reason = `Core ML's compiler ${result.kind} on it: ${result.reason}`;
    const times = { load_ms: 0, predict_ms: 0 };
    const tried = new Date().toISOString();
    await writeVerdict(verdictFile, {
      outcome: result.kind,
      reason,
      ...times,
      compared: false,
      tried,
    });
    throw unusable(path, `${reason} (${keptIn(verdictFile)})`);
  };
  return await storedModel(hash, path, make, options);
}

/** Why a model was not compiled; what a file system said is told by whoever keeps the cache. */
export function compileFailure(
  path: string,
  temporaryFolder: string,
  { code, reason }: { readonly code: string; readonly reason: string },
): Error {
  if (isSystemCode(code)) return systemError(code, reason);
  if (WITHOUT_ROOM.test(reason)) {
    return usageError(
      "cache-unwritable",
      `Cannot compile model "${path}" for the cache: the disk of "${temporaryFolder}" is full, ` +
        "where Core ML's compiler writes first; make room there",
    );
  }
  return code === "model-invalid" ? usageError(code, reason) : unusable(path, reason);
}

/**
 * A compiler that finds no room says so in its own words: Foundation's code
 * (NSFileWriteOutOfSpaceError), or those of the system.
 */
const WITHOUT_ROOM =
  /NSCocoaErrorDomain Code=640\b|no space left|not enough (free )?space|disk is full/i;

function unusable(path: string, reason: string): AipError {
  return usageError("model-unusable", `Cannot compile model "${path}": ${reason}`);
}
