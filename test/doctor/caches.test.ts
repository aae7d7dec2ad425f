import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MODEL_FOLDER, writeEntry } from "../../src/backend/coreml/entry.ts";
import { cacheObstacle, inspectCaches } from "../../src/doctor/caches.ts";
import { lockFile } from "../../src/native/file-lock.ts";

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

  test("names compiled models that are not whole, and not those whole or being made", async () => {
    const models = join(folder, "coreml");
    const make = async (hash: string, isWhole: boolean): Promise<void> => {
      mkdirSync(join(models, hash, MODEL_FOLDER), { recursive: true });
      writeFileSync(join(models, hash, MODEL_FOLDER, "weights"), "123456");
      await writeEntry(join(models, hash), "m.mlpackage");
      writeFileSync(join(models, `${hash}.lock`), "");
      if (!isWhole) writeFileSync(join(models, hash, MODEL_FOLDER, "weights"), "123");
    };
    await make("aa", true);
    await make("bb", false);
    writeFileSync(join(models, "ee-verdict-compile-0123456789ab.json"), "{}");
    mkdirSync(join(models, ".making-cc-4242"));
    mkdirSync(join(models, ".making-dd-4242"));
    const lock = openSync(join(models, "dd.lock"), "w");
    expect(lockFile(lock)).toBe(true);
    const [cache] = await inspectCaches(folder);
    closeSync(lock);
    // Two models, a verdict and two that are being made; the locks beside them are no entries.
    expect(cache?.entries).toBe(5);
    expect(cache?.damaged.map(({ path }) => path).sort()).toEqual([
      join(models, ".making-cc-4242"),
      join(models, "bb"),
    ]);
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
