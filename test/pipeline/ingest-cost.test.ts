import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scalingGain } from "../../src/pipeline/ingest-cost.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "aip-ingest-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FROM = { width: 640, height: 360 };
const TO = { width: 160, height: 90 };

/** What it measured, and what it said of the file. */
async function gain(path: string): Promise<{ gain: number; said: readonly string[] }> {
  const said: string[] = [];
  const measured = await scalingGain(FROM, TO, { path, tell: (text) => said.push(text) });
  return { gain: measured, said };
}

test("scalingGain() measures once, and takes what is stored from then on", async () => {
  const path = join(folder, "new", "ingest.json");
  const first = await gain(path);
  expect(first.gain).toBeGreaterThan(0);
  expect(first.said).toEqual([]);
  const stored = JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
  const [key = ""] = Object.keys(stored);
  expect(key).toContain("640x360, 160x90");
  writeFileSync(path, JSON.stringify({ [key]: 42 }));
  expect(await gain(path)).toEqual({ gain: 42, said: [] });
});

test.each([
  ['{"half a fi', "it is no JSON"],
  ['{"AMD EPYC": "fast"}', "it holds something else than ratios by sizes"],
  ["[1, 2]", "it holds something else than ratios by sizes"],
])("scalingGain() measures anew where the file holds %s, saying so once", async (text, reason) => {
  const path = join(folder, "corrupt.json");
  writeFileSync(path, text);
  const first = await gain(path);
  expect(first.gain).toBeGreaterThan(0);
  expect(first.said).toEqual([
    `"${path}" cannot be used: ${reason}, and is ignored: measured anew`,
  ]);
  expect(Object.keys(JSON.parse(readFileSync(path, "utf8")) as object)).toHaveLength(1);
  expect((await gain(path)).said).toEqual([]);
});

test("scalingGain() works where nothing can be stored, and says so", async () => {
  const { gain: measured, said } = await gain("/dev/null/ingest.json");
  expect(measured).toBeGreaterThan(0);
  expect(said).toHaveLength(1);
  expect(said[0]).toStartWith('Cannot write "/dev/null/ingest.json": ');
  expect(said[0]).toEndWith("; what scaling saves is measured in every run");
});

test("scalingGain() leaves no part of a file that could not be renamed", async () => {
  const path = join(folder, "taken", "ingest.json");
  mkdirSync(join(path, "full"), { recursive: true });
  const { said } = await gain(path);
  expect(said).toHaveLength(2);
  expect(readdirSync(join(folder, "taken"))).toEqual(["ingest.json"]);
});
