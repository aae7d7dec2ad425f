import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { coreMlFormat } from "../coreml/inspect.ts";
import { manifestPathOf } from "../model-path.ts";
import { externalDataFiles } from "../onnx/external-data.ts";
import { contentHash } from "./coreml/content-hash.ts";

const CHUNK_BYTES = 1 << 20;
/** Hashes of files from this size on are kept: smaller ones are read again in no time. */
const KEPT_BYTES_MIN = 64 << 20;
/** Of a manifest, what no answer hangs on: names for people, and a limit that is always given. */
const WITHOUT_EFFECT: readonly string[] = ["name", "licence", "confidence"];

/** Hash of each large file this process has read, with the size and times it was read at. */
const kept = new Map<string, { readonly stamp: string; readonly hash: string }>();

/**
 * What tells one model from another: all that its answers hang on. SHA-256 in hexadecimal of an ONNX
 * file, the content hash of a Core ML model, which most often is a folder; where a manifest beside it
 * says how it is run, or weights lie in files of their own, SHA-256 of that together with these. How a
 * manifest is written, and its `name`, `licence` and `confidence`, make no difference.
 *
 * @throws what the file system says; `SyntaxError` where the manifest is not JSON, which `resolveModel`
 *   has refused in a sentence before anybody asks
 */
export function modelHash(path: string): string {
  const model = statSync(path).isDirectory() ? contentHash(path) : fileHash(path);
  const manifest = settingsOf(manifestPathOf(path));
  const weights = coreMlFormat(path) === undefined ? externalDataFiles(path).map(fileHash) : [];
  if (manifest === null && weights.length === 0) return model;
  const told = JSON.stringify({ model, manifest, weights });
  return new Bun.CryptoHasher("sha256").update(told).digest("hex");
}

/** What a manifest says of the answers, its keys in order; null where that is nothing. */
function settingsOf(path: string): string | null {
  if (!existsSync(path)) return null;
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(path, "utf8"));
  const said = Object.entries(manifest).filter(([key]) => !WITHOUT_EFFECT.includes(key));
  return said.length === 0 ? null : JSON.stringify(Object.fromEntries(said), inOrder);
}

/** Of `JSON.stringify`: an object with its keys in order. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Weights may be larger than what one read should hold, and are asked for several times. */
function fileHash(path: string): string {
  const { size, ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const stamp = [size, ino, mtimeNs, ctimeNs].join(" ");
  const before = kept.get(path);
  if (before?.stamp === stamp) return before.hash;
  const hash = bytesHash(path);
  if (size >= KEPT_BYTES_MIN) kept.set(path, { stamp, hash });
  return hash;
}

function bytesHash(path: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  const fd = openSync(path, "r");
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const count = readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) return hash.digest("hex");
      hash.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
