import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "aip-telemetry-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DEMO = join(import.meta.dir, "../../models/demo.onnx");
const LIBRARY = join(import.meta.dir, "../../src/native/library.ts");

/** Opens a model in a process whose temporary folder is `folder`; returns what it leaves there. */
function leftBy(variables: Readonly<Record<string, string>>): string[] {
  const program = `const { inspectOnnx } = await import("${LIBRARY}"); inspectOnnx("${DEMO}");`;
  const { ORT_DISABLE_TELEMETRY: _, ...inherited } = process.env;
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "-e", program], {
    env: { ...inherited, TMPDIR: folder, ...variables },
  });
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  return readdirSync(folder);
}

test("ONNX Runtime's telemetry is off, and leaves no files", () => {
  expect(leftBy({})).toEqual([]);
});
