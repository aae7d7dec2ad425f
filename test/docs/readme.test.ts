import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { codeBlocks, ROOT, readPage } from "./markdown.ts";

/** A busy machine fails no test. */
const TIMEOUT_MS = 60_000;

const page = readPage("README.md");
const example = codeBlocks(page).find(({ language }) => language === "ts")?.text ?? "";

describe("README.md", () => {
  test("names the two commands that a newcomer needs, and package.json has their scripts", () => {
    const shell = codeBlocks(page).filter(({ language }) => language === "sh");
    const texts = shell.map(({ text }) => text.trim());
    expect(texts).toContain("sh scripts/setup.sh && bun run pipeline");
    expect(texts).toContain("sh scripts/setup.sh && bun run test");
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(["pipeline", "test"]));
  });

  test("shows the output of a whole run that adds up", () => {
    const output = codeBlocks(page).find(({ text }) => text.includes("received ="))?.text ?? "";
    const line = /(\d+) received = (\d+) emitted .* (\d+) dropped \+ (\d+) failed/.exec(output);
    const [received, emitted, dropped, failed] = line?.slice(1).map(Number) ?? [];
    expect(received).toBe(600);
    expect(received).toBe((emitted ?? 0) + (dropped ?? 0) + (failed ?? 0));
    const accuracy = Number(/mAP@0\.5 (\d\.\d+)/.exec(output)?.[1]);
    expect(accuracy).toBeGreaterThanOrEqual(0.9);
  });
});

describe("README.md's application", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aip-readme-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules", "aip"));
    writeFileSync(join(folder, "app.ts"), example);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("has ten lines", () => {
    expect(example.trim().split("\n")).toHaveLength(10);
  });

  test(
    "prints every frame's objects and the figures of the run",
    async () => {
      const child = Bun.spawn([process.execPath, "app.ts"], {
        cwd: folder,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const [output, errors, status] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ]);
      expect(status === 0 ? "" : errors).toBe("");
      const lines = output.trim().split("\n");
      expect(lines.at(-1)).toMatch(/^50 of 50 frames, [\d.]+ a second$/);
      expect(lines.length).toBeGreaterThan(50);
      for (const line of lines.slice(0, -1)) {
        expect(line).toMatch(/^\d+ (vehicle|person|cyclist) [01]\.\d\d \d+ \d+ \d+ \d+$/);
      }
    },
    TIMEOUT_MS,
  );
});
