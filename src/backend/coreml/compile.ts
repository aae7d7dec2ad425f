import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type AipError, usageError } from "../../errors.ts";
import { contentHash } from "./content-hash.ts";
import { probe } from "./probe.ts";
import { type StoredModel, type StoreOptions, storedModel, storeFolder } from "./store.ts";
import { isSystemCode, systemError } from "./unwritable.ts";
import { keptIn, readVerdict, verdictKey, verdictPath, writeVerdict } from "./verdict.ts";

export interface CompileOptions extends StoreOptions {
  readonly limitMs: number;
  /** Name of the processor; what was found holds for it alone. */
  readonly chip: string;
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
  const hash = contentHash(path);
  const key = verdictKey({ unit: "compile", options: "", inputSize: "", chip });
  const verdictFile = verdictPath(folder, key, `${hash}-`);
  // Called under the entry's lock: another process that waited for it finds what was recorded.
  const make = async (target: string): Promise<void> => {
    const known = await readVerdict(verdictFile);
    if (known !== null) throw unusable(path, `${known.reason} (${keptIn(verdictFile)})`);
    const request = { step: "compile", modelPath: path, target } as const;
    const what = `compiling ${basename(path)}`;
    // Beside the model that is made: whoever cleans up after a crash finds it there.
    const temporaryFolder = join(dirname(target), "temporary");
    await mkdir(temporaryFolder);
    const result = await probe(request, { what, limitMs, signal, tell, temporaryFolder });
    await rm(temporaryFolder, { recursive: true, force: true });
    if (result.kind === "ok") return;
    if (result.kind === "failed") throw failure(path, result.code, result.reason);
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

function unusable(path: string, reason: string): AipError {
  return usageError("model-unusable", `Cannot compile model "${path}": ${reason}`);
}
