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
    if (result.kind === "failed") {
      if (isDiskFull(result.reason)) throw noRoom(path, temporaryFolder);
      throw failure(path, result.code, result.reason);
    }
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

/** What a file system said is told by whoever keeps the cache. */
function failure(path: string, code: string, reason: string): Error {
  if (code === "model-invalid") return usageError(code, reason);
  return isSystemCode(code) ? systemError(code, reason) : unusable(path, reason);
}

/**
 * Whether the compiler, which says it in words of its own, found no room: the code of Foundation
 * (NSFileWriteOutOfSpaceError), or the words of the system.
 */
function isDiskFull(reason: string): boolean {
  return /NSCocoaErrorDomain Code=640\b|no space left|not enough (free )?space|disk is full/i.test(
    reason,
  );
}

function noRoom(path: string, temporaryFolder: string): AipError {
  return usageError(
    "cache-unwritable",
    `Cannot compile model "${path}" for the cache: the disk of "${temporaryFolder}" is full, where ` +
      "Core ML's compiler writes first; make room there",
  );
}

function unusable(path: string, reason: string): AipError {
  return usageError("model-unusable", `Cannot compile model "${path}": ${reason}`);
}
