import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { runtimeError } from "../errors.ts";
import type { ModelTask } from "./session-task.ts";

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
 */
export function coreMlProviderOptions(kind: string): string {
  const units = UNITS[kind] ?? "ALL";
  return ["ModelFormat=MLProgram", `MLComputeUnits=${units}`, "RequireStaticInputShapes=1"].join(
    "\n",
  );
}

/**
 * The options with a cache for what Core ML compiles, whose folder is made. The provider keys it by
 * the model's path, or by its inputs' names where it is loaded from memory, so every model's
 * contents and every version of ONNX Runtime get a folder of their own.
 *
 * @param folder the cache of aip
 * @throws {AipError} `cache-unwritable`
 */
export function withCoreMlCache(
  providerOptions: string,
  { path, bytes }: Pick<ModelTask, "path" | "bytes">,
  runtimeVersion: string,
  folder: string = cacheFolder(),
): string {
  const digest = createHash("sha256")
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
  return `${providerOptions}\nModelCacheDirectory=${cache}`;
}
