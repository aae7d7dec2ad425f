import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheObstacle, inspectCaches } from "../../src/doctor/caches.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-caches-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("inspectCaches()", () => {
  test("counts entries and bytes of every folder, those inside included", async () => {
    mkdirSync(join(folder, "models/one"), { recursive: true });
    writeFileSync(join(folder, "models/one/weights"), "123456");
    writeFileSync(join(folder, "models/list"), "1234");
    expect(await inspectCaches(folder)).toEqual([
      { name: "models", path: join(folder, "models"), entries: 2, bytes: 10, damaged: [] },
    ]);
  });

  test("names calibrations that cannot be read, files that a crash left, and why", async () => {
    mkdirSync(join(folder, "calibrations"));
    mkdirSync(join(folder, "models"));
    writeFileSync(join(folder, "calibrations/demo.json"), '{"format": 3');
    writeFileSync(join(folder, "models/one.mlmodelc.part"), "");
    writeFileSync(join(folder, "ingest.json"), "[]");
    const damaged = (await inspectCaches(folder)).flatMap((cache) => cache.damaged);
    expect(damaged.map(({ path }) => path)).toEqual([
      join(folder, "calibrations/demo.json"),
      join(folder, "ingest.json"),
      join(folder, "models/one.mlmodelc.part"),
    ]);
    for (const { reason } of damaged) expect(reason).not.toBe("");
  });

  test("a cache that nobody has used yet is empty", async () => {
    expect(await inspectCaches(join(folder, "nowhere"))).toEqual([]);
  });
});

describe("cacheObstacle()", () => {
  test("is null where the cache can be written, and leaves nothing behind", async () => {
    expect(await cacheObstacle(join(folder, "aip"))).toBeNull();
    expect(await inspectCaches(folder)).toEqual([]);
  });

  test("is a sentence where it cannot", async () => {
    // A file in the folder's place: it holds for root, too.
    writeFileSync(join(folder, "aip"), "");
    chmodSync(join(folder, "aip"), 0o400);
    expect(await cacheObstacle(join(folder, "aip"))).toContain("AIP_CACHE_DIR");
  });
});
