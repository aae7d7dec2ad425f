import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Folder of aip's cache: `AIP_CACHE_DIR`, else `aip` in `XDG_CACHE_HOME`, else in `~/.cache`
 * (Linux) or `~/Library/Caches` (macOS). An empty variable is none.
 */
export function cacheFolder(
  own: string | undefined = process.env["AIP_CACHE_DIR"],
  shared: string | undefined = process.env["XDG_CACHE_HOME"],
  platform: NodeJS.Platform = process.platform,
): string {
  if (own) return own;
  if (shared) return join(shared, "aip");
  return join(homedir(), platform === "darwin" ? "Library/Caches" : ".cache", "aip");
}
