import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCascade } from "../../src/cascade/file/load.ts";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { cascadeWriter } from "../../src/pipeline/cascade-writer.ts";
import { runCascadeOf } from "../../src/pipeline/run-cascade.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

let folder = "";
let path = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-writer-"));
  path = join(folder, "door.aip");
  await saveCascade(path, sampleCascade());
});
afterAll(() => rmSync(folder, { recursive: true }));

test("each of several sources has a file of its own, and the one they shared stays", async () => {
  const write = cascadeWriter(path, ["yard", "front door"]);
  const file = { ...sampleCascade(), budgets: { maxFn: 0.03, maxFp: 0.04 } };
  const own = join(folder, "door-front_door.aip");
  expect(await write(1, runCascadeOf("door.aip", file))).toBe(`"${own}" is the new one`);
  expect((await loadCascade(own)).budgets).toEqual(file.budgets);
  expect(readdirSync(folder).sort()).toEqual(["door-front_door.aip", "door.aip"]);
  expect(await loadCascade(path)).toEqual(sampleCascade());
});
