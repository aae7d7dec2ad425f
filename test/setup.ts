/**
 * Runs before every test file: calibrations are stored in a folder of the tests' own, so that no
 * test depends on what the user's cache holds, or leaves anything in it.
 */
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

if (!process.env["AIP_CACHE_DIR"]) {
  const folder = mkdtempSync(join(tmpdir(), "aip-cache-"));
  process.env["AIP_CACHE_DIR"] = folder;
  // `bun test` ends without an "exit" event.
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}
