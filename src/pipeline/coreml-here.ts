import { existsSync } from "node:fs";
import { usageError } from "../errors.ts";
import { withoutModelEnding } from "../model/manifest.ts";
import { coreMlInfo } from "../native/coreml.ts";

/**
 * Refuses a Core ML model where there is no Core ML to run it.
 *
 * @param failure Why there is no Core ML; null where there is one.
 * @throws {AipError} `model-needs-mac`, naming the ONNX file beside it where there is one
 */
export function requireCoreMl(path: string, failure: string | null = coreMlInfo().failure): void {
  if (failure === null) return;
  const beside = `${withoutModelEnding(path)}.onnx`;
  const right = existsSync(beside) ? `give "${beside}"` : "give the ONNX file it was made from";
  const message = `Cannot run model "${path}": Core ML models run on a Mac alone; here, ${right}`;
  throw usageError("model-needs-mac", message);
}
