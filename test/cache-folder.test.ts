import { describe, expect, test } from "bun:test";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../src/cache-folder.ts";

describe("cacheFolder()", () => {
  test.each([
    ["/a", "/x", "linux", "/a"],
    ["", "/x", "linux", "/x/aip"],
    ["", "", "linux", join(homedir(), ".cache/aip")],
    ["", "", "darwin", join(homedir(), "Library/Caches/aip")],
  ] as const)("AIP_CACHE_DIR=%s XDG_CACHE_HOME=%s on %s: %s", (own, shared, platform, expected) => {
    expect(cacheFolder(own, shared, platform)).toBe(expected);
  });
});
