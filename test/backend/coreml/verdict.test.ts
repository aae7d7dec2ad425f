import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import { systemBuild } from "../../../src/backend/coreml/system-build.ts";
import {
  readVerdict,
  type Verdict,
  type VerdictKey,
  verdictKey,
  verdictPath,
  writeVerdict,
} from "../../../src/backend/coreml/verdict.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-verdict-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

const key: VerdictKey = {
  unit: "ane",
  options: "",
  inputSize: "640x384",
  system: "24.1.0",
  chip: "M4",
  aip: "0.1.0",
};

test("verdictPath() is another one for every other unit, option, system, chip and version", () => {
  const others = Object.keys(key).map((field) => verdictPath(ROOT, { ...key, [field]: "other" }));
  expect(new Set([verdictPath(ROOT, key), ...others]).size).toBe(7);
  expect(verdictPath(ROOT, { ...key })).toBe(verdictPath(ROOT, key));
  expect(verdictPath(ROOT, key, "model-")).toMatch(/\/model-verdict-ane-[0-9a-f]{12}\.json$/);
});

test("verdictKey() is of this system and this version", () => {
  expect(verdictKey({ unit: "ane", options: "", inputSize: "640x384", chip: "M4" })).toEqual({
    ...key,
    system: systemBuild(),
    aip: manifest.version,
  });
});

test("readVerdict() reads what was written, and takes nothing else for one", async () => {
  const verdict: Verdict = {
    outcome: "hung",
    reason: "no end of it in 300 s",
    load_ms: 0,
    predict_ms: 0,
    compared: false,
    tried: "2026-01-01T00:00:00.000Z",
  };
  const path = verdictPath(ROOT, key);
  expect(await readVerdict(path)).toBeNull();
  await writeVerdict(path, verdict);
  expect(await readVerdict(path)).toEqual(verdict);
  for (const text of ["", "{", "[]", JSON.stringify({ ...verdict, outcome: "fine" })]) {
    writeFileSync(path, text);
    expect(await readVerdict(path)).toBeNull();
  }
});
