import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SCRIPT = join(import.meta.dir, "../../../scripts/macos/finish-library.ts");

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aip-finish-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A tool of a Mac that writes down how it is called. */
function tool(name: string, script = "exit 0"): void {
  writeFileSync(join(root, name), `#!/bin/sh\necho "${name} $*" >> "${root}/calls"\n${script}\n`);
  chmodSync(join(root, name), 0o755);
}

/** Finishes a library with the tools there are; returns the message of the failure. */
function finish(): string {
  const code = `import { finishLibrary } from ${JSON.stringify(SCRIPT)};
    await finishLibrary("lib.dylib").catch((error) => console.log(error.message));`;
  const child = Bun.spawnSync([process.execPath, "-e", code], { env: { PATH: root } });
  return child.stdout.toString().trim();
}

describe("finishLibrary()", () => {
  test("names the library by its run path, then signs it ad hoc and verifies that", () => {
    tool("install_name_tool");
    tool("codesign");
    expect(finish()).toBe("");
    expect(readFileSync(join(root, "calls"), "utf8").trim().split("\n")).toEqual([
      "install_name_tool -id @rpath/libAipNative.dylib lib.dylib",
      "codesign --force --sign - lib.dylib",
      "codesign --verify --strict lib.dylib",
    ]);
  });

  test("fails with what the tool said", () => {
    tool("install_name_tool");
    tool("codesign", "echo 'lib.dylib: resource fork not allowed' >&2; exit 1");
    expect(finish()).toBe(
      '"codesign --force --sign - lib.dylib" failed: lib.dylib: resource fork not allowed',
    );
  });

  test("says where a missing tool comes from", () => {
    expect(finish()).toBe(
      'install_name_tool is missing: run "xcode-select --install" for the command line tools',
    );
  });
});
