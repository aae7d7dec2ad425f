import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StoreOptions, storedModel } from "../../../src/backend/coreml/store.ts";
import { HeldLock } from "../../../src/native/held-lock.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-coreml-store-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

let count = 0;
const options = (more: Partial<StoreOptions> = {}): StoreOptions & { folder: string } => {
  count += 1;
  const folder = join(ROOT, String(count));
  return { folder, signal: new AbortController().signal, tell: () => undefined, ...more } as const;
};

/** Makes a compiled model of so many bytes, and counts how often. */
function maker(sizeBytes = 10): { make: (folder: string) => Promise<void>; count: number } {
  const made = {
    count: 0,
    make: async (folder: string): Promise<void> => {
      made.count += 1;
      mkdirSync(join(folder, "weights"), { recursive: true });
      writeFileSync(join(folder, "weights/weight.bin"), new Uint8Array(sizeBytes));
    },
  };
  return made;
}

const entriesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^[0-9a-f]+$/.test(name))
    .sort();

describe("storedModel()", () => {
  test("makes a model once, and gives the same path from then on", async () => {
    const where = options();
    const made = maker();
    const first = await storedModel("aa", "x.mlpackage", made.make, where);
    const second = await storedModel("aa", "x.mlpackage", made.make, where);
    expect(second.compiledPath).toBe(first.compiledPath);
    expect(existsSync(join(first.compiledPath, "weights/weight.bin"))).toBe(true);
    expect(made.count).toBe(1);
  });

  test("those that ask at once make it once", async () => {
    const where = options();
    const made = maker();
    const slow = async (folder: string): Promise<void> => {
      await Bun.sleep(100);
      await made.make(folder);
    };
    const told: string[] = [];
    const asked = [1, 2, 3].map(() =>
      storedModel("aa", "x.mlpackage", slow, { ...where, tell: (text) => told.push(text) }),
    );
    const stored = await Promise.all(asked);
    expect(new Set(stored.map(({ compiledPath }) => compiledPath)).size).toBe(1);
    expect(made.count).toBe(1);
    expect(told).toContain('waiting for another process that compiles "x.mlpackage"');
  });

  test("leaves nothing behind of one that could not be made", async () => {
    const where = options();
    const half = async (folder: string): Promise<void> => {
      mkdirSync(folder);
      writeFileSync(join(folder, "half"), "");
      throw Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
    };
    await expect(storedModel("aa", "x.mlpackage", half, where)).rejects.toMatchObject({
      code: "cache-unwritable",
      category: "usage",
      message:
        `Cannot store the compiled model of "x.mlpackage" in "${where.folder}": the disk is full; ` +
        "name a folder with room by AIP_CACHE_DIR",
    });
    expect(readdirSync(where.folder)).toEqual([]);
    const { make } = maker();
    const stored = await storedModel("aa", "x.mlpackage", make, where);
    expect(existsSync(stored.compiledPath)).toBe(true);
  });

  test("refuses a cache that is no folder in one sentence", async () => {
    const file = join(ROOT, "file");
    writeFileSync(file, "");
    const { make } = maker();
    await expect(
      storedModel("aa", "x.mlpackage", make, options({ folder: join(file, "coreml") })),
    ).rejects.toMatchObject({ code: "cache-unwritable" });
  });

  test("makes an entry again that a crash of the system cut short", async () => {
    const where = options();
    const made = maker();
    const { compiledPath, folder } = await storedModel("aa", "x", made.make, where);
    writeFileSync(join(compiledPath, "weights/weight.bin"), new Uint8Array(3));
    await storedModel("aa", "x", made.make, where);
    expect(readFileSync(join(compiledPath, "weights/weight.bin")).length).toBe(10);
    rmSync(join(folder, "entry.json"));
    await storedModel("aa", "x", made.make, where);
    expect(made.count).toBe(3);
  });

  test("is discarded with its lock, unless another one has it", async () => {
    const where = options();
    const [first, second] = [
      await storedModel("aa", "x", maker().make, where),
      await storedModel("aa", "x", maker().make, where),
    ];
    first.discard();
    expect(existsSync(second.compiledPath)).toBe(true);
    second.discard();
    expect(readdirSync(where.folder)).toEqual([]);
  });

  test.if(process.platform === "linux")("says where no folder can be made", async () => {
    const where = { ...options(), folder: "/proc/none/coreml" };
    await expect(storedModel("aa", "x", maker().make, where)).rejects.toMatchObject({
      code: "cache-unwritable",
      message: expect.stringContaining('in "/proc/none/coreml": no folder can be made there; name'),
    });
  });

  test("removes what a process left that was ended while making a model", async () => {
    const where = options();
    mkdirSync(join(where.folder, ".making-aa-123/model.mlmodelc"), { recursive: true });
    mkdirSync(join(where.folder, ".making-bb-124/model.mlmodelc"), { recursive: true });
    await storedModel("aa", "x", maker().make, where);
    expect(readdirSync(where.folder).sort()).toEqual(["aa", "aa.lock"]);
  });

  test("leaves alone what another process is making", async () => {
    const where = options();
    const staging = join(where.folder, ".making-bb-124");
    mkdirSync(staging, { recursive: true });
    using _other = HeldLock.try(join(where.folder, "bb.lock"));
    await storedModel("aa", "x", maker().make, where);
    expect(existsSync(staging)).toBe(true);
  });

  test("keeps within its limit, the least recently used going first", async () => {
    const where = options({ sizeMaxBytes: 250 });
    for (const [index, hash] of ["aa", "bb", "cc"].entries()) {
      const stored = await storedModel(hash, hash, maker(100).make, where);
      stored[Symbol.dispose]();
      // Used one after the other, an hour apart.
      const used = new Date(Date.UTC(2026, 0, 1, index));
      if (hash !== "cc") utimesSync(stored.folder, used, used);
    }
    expect(entriesIn(where.folder)).toEqual(["bb", "cc"]);
  });

  test("keeps what was used of late, though it is older", async () => {
    const where = options({ sizeMaxBytes: 250 });
    for (const [index, hash] of ["aa", "bb"].entries()) {
      const stored = await storedModel(hash, hash, maker(100).make, where);
      stored[Symbol.dispose]();
      const used = new Date(Date.UTC(2026, 0, 1, index));
      utimesSync(stored.folder, used, used);
    }
    for (const hash of ["aa", "cc"]) {
      const stored = await storedModel(hash, hash, maker(100).make, where);
      stored[Symbol.dispose]();
    }
    expect(entriesIn(where.folder)).toEqual(["aa", "cc"]);
  });

  test("counts the answers that are kept of a model", async () => {
    const where = options({ sizeMaxBytes: 250 });
    const first = await storedModel("aa", "aa", maker(100).make, where);
    writeFileSync(join(first.folder, "verdict-cpu-0.f32"), new Uint8Array(100));
    first[Symbol.dispose]();
    const second = await storedModel("bb", "bb", maker(100).make, where);
    second[Symbol.dispose]();
    expect(entriesIn(where.folder)).toEqual(["bb"]);
  });

  test("leaves a model alone that another process makes or takes right now", async () => {
    const where = options({ sizeMaxBytes: 50 });
    const first = await storedModel("aa", "aa", maker(100).make, where);
    first[Symbol.dispose]();
    using _other = HeldLock.try(join(where.folder, "aa.lock"));
    await storedModel("bb", "bb", maker(100).make, where);
    expect(entriesIn(where.folder)).toEqual(["aa", "bb"]);
  });

  test("keeps what a process is using, and the one asked for, whatever their size", async () => {
    const where = options({ sizeMaxBytes: 50 });
    const used = await storedModel("aa", "aa", maker(100).make, where);
    await storedModel("bb", "bb", maker(100).make, where);
    expect(entriesIn(where.folder)).toEqual(["aa", "bb"]);
    used[Symbol.dispose]();
    const other = await storedModel("cc", "cc", maker(10).make, where);
    other[Symbol.dispose]();
    expect(entriesIn(where.folder)).toEqual(["bb", "cc"]);
  });

  test("forgets the processes that are gone", async () => {
    const where = options();
    const { folder } = await storedModel("aa", "aa", maker().make, where);
    writeFileSync(join(folder, "user-1-1"), "");
    await storedModel("aa", "aa", maker().make, where);
    const users = readdirSync(folder).filter((name) => name.startsWith("user-"));
    // This process has it twice.
    expect(users.sort().map((name) => name.split("-")[1])).toEqual([
      String(process.pid),
      String(process.pid),
    ]);
  });

  test("stops waiting where its signal is aborted", async () => {
    const abort = new AbortController();
    const where = options({ signal: abort.signal });
    using _other = HeldLock.try(join(where.folder, "aa.lock"));
    const waiting = storedModel("aa", "x", maker().make, where);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "interrupted" });
  });
});
