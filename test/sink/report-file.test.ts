import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeReport } from "../../src/sink/report-file.ts";
import { SAMPLE } from "../metrics/sample-report.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-report-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("writeReport() writes JSON that reads back the same, and replaces an older file", async () => {
  const path = join(folder, "report.json");
  await Bun.write(path, "older, and longer than the new one".repeat(1000));
  await writeReport(path, SAMPLE);
  expect(await Bun.file(path).json()).toEqual(SAMPLE);
  expect(readdirSync(folder)).toEqual(["report.json"]);
});

test("writeReport() writes into what is no file, and puts no file in its place", async () => {
  const path = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  const reader = Bun.spawn(["cat", path]);
  await writeReport(path, SAMPLE);
  expect(await new Response(reader.stdout).json()).toEqual(SAMPLE);
  expect(statSync(path).isFIFO()).toBe(true);
  rmSync(path);
});

test("writeReport() names the file it cannot write, and leaves nothing behind", async () => {
  const path = join(folder, "taken");
  mkdirSync(path);
  const failing = writeReport(path, SAMPLE);
  await expect(failing).rejects.toMatchObject({ code: "output-failed", category: "runtime" });
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  const missing = join(folder, "no", "report.json");
  await expect(writeReport(missing, SAMPLE)).rejects.toThrow(
    `Cannot write "${missing}": no such file or directory`,
  );
});
