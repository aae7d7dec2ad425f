import { basename } from "node:path";
import { type AipError, usageError } from "../../errors.ts";
import { contentHash } from "./content-hash.ts";
import { probe } from "./probe.ts";
import { type StoredModel, type StoreOptions, storedModel } from "./store.ts";

export interface CompileOptions extends StoreOptions {
  readonly limitMs: number;
}

/**
 * The compiled form of the model at `path`, from the cache or made now, in a process of its own.
 *
 * @throws {AipError} `model-invalid`, `model-unusable` where the compiler crashed or hung,
 *   `cache-unwritable`
 */
export async function compiledModel(path: string, options: CompileOptions): Promise<StoredModel> {
  const { limitMs, signal, tell } = options;
  const what = `compiling ${basename(path)}`;
  const make = async (target: string): Promise<void> => {
    const request = { step: "compile", modelPath: path, target } as const;
    const result = await probe(request, { what, limitMs, signal, tell });
    if (result.kind === "ok") return;
    if (result.kind === "failed") throw failure(path, result.code, result.reason);
    const how = result.kind === "hung" ? "hung" : "crashed";
    throw unusable(path, `Core ML's compiler ${how} on it: ${result.reason}`);
  };
  return await storedModel(contentHash(path), path, make, options);
}

/** What a file system said is told by whoever keeps the cache. */
function failure(path: string, code: string, reason: string): Error {
  if (code === "model-invalid") return usageError(code, reason);
  if (!/^E[A-Z]+$/.test(code)) return unusable(path, reason);
  return Object.assign(new Error(reason), { code, syscall: "compile" });
}

function unusable(path: string, reason: string): AipError {
  return usageError("model-unusable", `Cannot compile model "${path}": ${reason}`);
}
