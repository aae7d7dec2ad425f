import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scalingGain } from "../../src/pipeline/ingest-cost.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "aip-ingest-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FROM = { width: 640, height: 360 };
const TO = { width: 160, height: 90 };

test("scalingGain() measures once, and takes what is stored from then on", async () => {
  const path = join(folder, "new", "ingest.json");
  const measured = await scalingGain(FROM, TO, path);
  expect(measured).toBeGreaterThan(0);
  const stored = JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
  const [key = ""] = Object.keys(stored);
  expect(key).toContain("640x360, 160x90");
  writeFileSync(path, JSON.stringify({ [key]: 42 }));
  expect(await scalingGain(FROM, TO, path)).toBe(42);
});

test("scalingGain() measures anew where the file is corrupt", async () => {
  const path = join(folder, "corrupt.json");
  writeFileSync(path, '{"half a fi');
  expect(await scalingGain(FROM, TO, path)).toBeGreaterThan(0);
  expect(Object.keys(JSON.parse(readFileSync(path, "utf8")) as object)).toHaveLength(1);
});

test("scalingGain() works where nothing can be stored", async () => {
  expect(await scalingGain(FROM, TO, "/dev/null/ingest.json")).toBeGreaterThan(0);
});
