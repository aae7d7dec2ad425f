import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "../../scripts/build.ts";
import { standInFiles, standInSymbols, symbolCommands } from "../../scripts/check-shipped.ts";

/** A build for the tests takes minutes on a small machine. */
setDefaultTimeout(15 * 60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-shipped-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("standInSymbols()", () => {
  test("finds none in the library that is shipped", async () => {
    expect(await standInSymbols(await ensureBuilt())).toEqual([]);
  });

  test.if(process.platform === "linux")("finds those of the library for tests", async () => {
    const library = await ensureBuilt({ standIn: true });
    expect(await standInSymbols(library)).not.toBeEmpty();
  });

  test("fails where there is no library", async () => {
    expect(standInSymbols(join(folder, "none.so"))).rejects.toThrow("none.so");
  });
});

test("symbolCommands() asks for the dynamic symbols where a file has them", () => {
  expect(symbolCommands("a.so", "linux")).toEqual([
    ["nm", "a.so"],
    ["nm", "-D", "a.so"],
  ]);
  expect(symbolCommands("a.dylib", "darwin")).toEqual([["nm", "a.dylib"]]);
});

describe("standInFiles()", () => {
  test("finds none in this package", async () => {
    expect(await standInFiles()).toEqual([]);
  });

  test("finds the sources and the library for tests in a package that has them", async () => {
    const files = ["swift/StandIn/CoreML/MLModel.swift", "build/standin/libAipNative.so"];
    for (const file of [...files, "src/index.ts"]) {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      writeFileSync(join(folder, file), "");
    }
    const manifest = { name: "x", version: "1.0.0", files: ["src", "swift", "build"] };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    expect((await standInFiles(folder)).sort()).toEqual(files.sort());
  });
});
