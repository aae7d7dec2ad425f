import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { runtimeError } from "../errors.ts";
import type { ModelTask } from "./session-task.ts";

/** ONNX Runtime's name of the provider that hands a model to Core ML. */
export const COREML_PROVIDER_NAME = "CoreMLExecutionProvider";

/** Units that Core ML may use for a device; where it uses them is its own decision. */
const UNITS: Readonly<Record<string, string>> = {
  ane: "CPUAndNeuralEngine",
  gpu: "CPUAndGPU",
  cpu: "CPUOnly",
};
const DIGEST_LENGTH = 16;

/**
 * Options of ONNX Runtime's Core ML provider, as lines of key=value: an ML Program (which alone has
 * the Neural Engine's operators), and parts of fixed shape only (others leave the Neural Engine).
 *
 * @param cache where it keeps what Core ML compiles; absent: nowhere
 */
export function coreMlProviderOptions(kind: string, cache?: string): string {
  return [
    "ModelFormat=MLProgram",
    `MLComputeUnits=${UNITS[kind] ?? "ALL"}`,
    "RequireStaticInputShapes=1",
    ...(cache === undefined ? [] : [`ModelCacheDirectory=${cache}`]),
  ].join("\n");
}

/**
 * The folder for what Core ML compiles of a model, which is made. The provider keys it by the
 * model's path, or by its inputs' names where it is loaded from memory, so every model's contents
 * and every version of ONNX Runtime get a folder of their own. Reads the whole model: call it once
 * a run, not once an instance.
 *
 * @param folder the cache of aip
 * @throws {AipError} `cache-unwritable`
 */
export function coreMlProviderCache(
  { path, bytes }: Pick<ModelTask, "path" | "bytes">,
  runtimeVersion: string,
  folder: string = cacheFolder(),
): string {
  const digest = new Bun.CryptoHasher("sha256")
    .update(bytes ?? readFileSync(path))
    .update(runtimeVersion)
    .digest("hex")
    .slice(0, DIGEST_LENGTH);
  const cache = join(folder, "coreml-onnx", digest);
  try {
    mkdirSync(cache, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot make the cache folder "${cache}" (${reason}): name another by AIP_CACHE_DIR`;
    throw runtimeError("cache-unwritable", message, cause);
  }
  return cache;
}
