import { readFileSync, statSync } from "node:fs";
import { contentHash } from "./coreml/content-hash.ts";

/**
 * What tells one model from another: SHA-256 of an ONNX file in hexadecimal, the content hash of a
 * Core ML model, which most often is a folder.
 *
 * @throws what the file system says
 */
export function modelHash(path: string): string {
  if (statSync(path).isDirectory()) return contentHash(path);
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}
