import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { cutToAnchor, workFilePath } from "../../src/find/work-file.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-find-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Lines as a run writes them: `i`nferred, `s`pecialized, `r`eused, `f`ailed. */
function linesOf(answers: string): string {
  const names: Readonly<Record<string, string>> = { i: "inferred", s: "specialized", r: "reused" };
  return [...answers]
    .map((answer, frame) => {
      const name = names[answer];
      const status = name === undefined ? '"failed"' : `"ok","answer":"${name}"`;
      return `{"source":"a","frame":${frame},"status":${status},"detections":[]}\n`;
    })
    .join("");
}

test.each([
  ["irrsrrr", "irr"],
  ["irrr", ""],
  ["irsf", "ir"],
  ["ffrr", ""],
  ["isrffirs", "i"],
  ["", ""],
])("cutToAnchor() of %s keeps %s", async (before, after) => {
  const path = join(folder, "work.ndjson");
  writeFileSync(path, linesOf(before));
  await cutToAnchor(path);
  expect(readFileSync(path, "utf8")).toBe(linesOf(after));
});

test("cutToAnchor() cuts a torn line off, though it names an answer", async () => {
  const path = join(folder, "torn.ndjson");
  writeFileSync(path, `${linesOf("irsr")}{"source":"a","frame":4,"status":"ok","answer":"infe`);
  await cutToAnchor(path);
  expect(readFileSync(path, "utf8")).toBe(linesOf("ir"));
});

test("cutToAnchor() reads files of many blocks, and does nothing where there is none", async () => {
  const path = join(folder, "long.ndjson");
  writeFileSync(path, linesOf(`${"r".repeat(30_000)}s${"r".repeat(30_000)}`));
  await cutToAnchor(path);
  expect(readFileSync(path, "utf8")).toBe(linesOf("r".repeat(30_000)));
  await cutToAnchor(join(folder, "absent.ndjson"));
});

test("workFilePath() is another one for a video or a cascade that has changed", async () => {
  const [video, cascade] = [join(folder, "v.mp4"), join(folder, "c.aip")];
  writeFileSync(video, "pictures");
  await saveCascade(cascade, sampleCascade());
  const key = { video, cascade };
  const first = await workFilePath(key, folder);
  expect(await workFilePath(key, folder)).toBe(first);
  await saveCascade(cascade, { ...sampleCascade(), budgets: { maxFn: 0.02, maxFp: 0.02 } });
  const second = await workFilePath(key, folder);
  expect(second).not.toBe(first);
  appendFileSync(video, "more");
  expect(await workFilePath(key, folder)).not.toBe(second);
});
