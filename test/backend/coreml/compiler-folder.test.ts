import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noteCompiler, removeUnfinished } from "../../../src/backend/coreml/compiler-folder.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-compiler-folder-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

let staging = "";
let folder = "";
beforeEach(() => {
  [staging, folder] = [mkdtempSync(join(ROOT, "staging-")), mkdtempSync(join(ROOT, "folder-"))];
});

const make = (path: string): void => {
  mkdirSync(join(folder, path), { recursive: true });
};
const note = (limitMs = 60_000): Promise<void> =>
  noteCompiler(staging, "/models/street.v2.mlpackage", { folder, limitMs });

describe("removeUnfinished()", () => {
  test("removes what came to be of the model since, and the note of it", async () => {
    await note();
    make("street.v2_6F1A.mlmodelc/weights");
    make("random/street.v2.mlmodelc");
    removeUnfinished(staging);
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(staging)).toEqual([]);
  });

  test("leaves alone what is of another model, was there before, or is no compiled model", async () => {
    make("street.v2_0000.mlmodelc");
    // Times of files are those of the system's tick.
    await Bun.sleep(50);
    await note();
    const others = ["bus.mlmodelc", "both/bus.mlmodelc", "both/street.v2.mlmodelc", "street.v2"];
    for (const other of others) make(other);
    writeFileSync(join(folder, "street.v2.mlmodelc"), "a file");
    removeUnfinished(staging);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(
      ["both", "both/bus.mlmodelc", "bus.mlmodelc", "street.v2", "street.v2.mlmodelc"].concat(
        "street.v2_0000.mlmodelc",
      ),
    );
  });

  test("leaves alone what came to be after the compiler's time was over", async () => {
    await note(1_000);
    const earlier = new Date(Date.now() - 60_000);
    utimesSync(join(staging, "compiler.json"), earlier, earlier);
    make("street.v2_6F1A.mlmodelc");
    removeUnfinished(staging);
    expect(readdirSync(folder)).toEqual(["street.v2_6F1A.mlmodelc"]);
  });

  test("does nothing without a note, with half of one, or where the folder is gone", async () => {
    make("street.v2_6F1A.mlmodelc");
    removeUnfinished(staging);
    writeFileSync(join(staging, "compiler.json"), '{"folder"');
    removeUnfinished(staging);
    await noteCompiler(staging, "street.v2.mlpackage", {
      folder: join(folder, "gone"),
      limitMs: 1,
    });
    removeUnfinished(staging);
    expect(readdirSync(folder)).toEqual(["street.v2_6F1A.mlmodelc"]);
  });
});
