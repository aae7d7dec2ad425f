import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { libraryPath } from "../../src/native/library.ts";
import { type CodeBlock, codeBlocks, ROOT, readPage } from "./markdown.ts";

/** A busy machine fails no test. */
const TIMEOUT_MS = 240_000;

/** Blocks that say which file they are. */
const files: readonly CodeBlock[] = codeBlocks(readPage("CONTRIBUTING.md")).filter(
  ({ info }) => info !== "",
);
const COPIED = ["src", "test", "swift", "package.json", "tsconfig.json"];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-docs-"));
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const { info, text } of files) {
    const path = join(folder, info);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command in the copy; returns its exit code and what it said. */
async function inCopy(command: readonly string[]): Promise<readonly [number, string]> {
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: { ...process.env, AIP_LIBRARY: libraryPath() },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return [texts[2], texts[0] + texts[1]];
}

test("CONTRIBUTING shows a scheduler, a sink, a source, a backend and a head", () => {
  const folders = files.map(({ info }) => dirname(info));
  expect([...new Set(folders.filter((path) => !path.startsWith("test/")))].sort()).toEqual([
    "src/backend",
    "src/schedule",
    "src/sink",
    "src/source",
    "swift/AipNative/Heads",
  ]);
});

test(
  "its TypeScript has the types it needs",
  async () => {
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const own = files.filter(({ language }) => language === "ts").map(({ info }) => info);
    writeFileSync(
      join(folder, "tsconfig.docs.json"),
      JSON.stringify({ extends: "./tsconfig.json", include: [], files: own }),
    );
    expect(await inCopy([tsc, "--noEmit", "-p", "tsconfig.docs.json"])).toEqual([0, ""]);
  },
  TIMEOUT_MS,
);

test(
  "its tests pass",
  async () => {
    const own = files.filter(({ info }) => info.endsWith(".test.ts")).map(({ info }) => info);
    const [status, output] = await inCopy([process.execPath, "test", ...own]);
    expect(status === 0 ? "" : output).toBe("");
  },
  TIMEOUT_MS,
);

test(
  "its Swift compiles with the other heads",
  async () => {
    const heads = [...new Bun.Glob("swift/AipNative/Heads/*.swift").scanSync({ cwd: folder })];
    const sources = [...heads, ...["NativeError", "LastError"].map(nativeFile)];
    const includes = ["-I", "swift/CAip/include"];
    const command = ["swiftc", "-typecheck", ...includes, ...sources];
    const [status, output] = await inCopy(command);
    expect(status === 0 ? "" : output).toBe("");
  },
  TIMEOUT_MS,
);

function nativeFile(name: string): string {
  return `swift/AipNative/${name}.swift`;
}
