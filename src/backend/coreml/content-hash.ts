import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

const CHUNK_BYTES = 1 << 20;
const HASH_LENGTH = 32;
/** Files in a package; it has a handful. */
const FILE_COUNT_MAX = 10_000;

/**
 * What tells one Core ML model from another: SHA-256 over the names and bytes of everything in it,
 * cut to 32 hexadecimal digits. A package's `Manifest.json` is left out: it holds names drawn anew
 * whenever the package is written.
 *
 * @throws what the file system says
 */
export function contentHash(path: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  if (!statSync(path).isDirectory()) {
    hashFile(hash, path, "");
    return hash.digest("hex").slice(0, HASH_LENGTH);
  }
  const names = readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name !== "Manifest.json")
    .sort();
  if (names.length > FILE_COUNT_MAX) {
    throw new RangeError(`"${path}" holds more than ${FILE_COUNT_MAX} files`);
  }
  for (const name of names) {
    if (statSync(join(path, name)).isFile()) hashFile(hash, join(path, name), name);
  }
  return hash.digest("hex").slice(0, HASH_LENGTH);
}

/** Weights may be larger than what one read should hold. */
function hashFile(hash: Bun.CryptoHasher, path: string, name: string): void {
  hash.update(`${name}\n${statSync(path).size}\n`);
  const fd = openSync(path, "r");
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const count = readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) return;
      hash.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
