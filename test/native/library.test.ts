import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-package-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("library() of a package names no script that the package lacks", () => {
  cpSync(fileURLToPath(new URL("../../src", import.meta.url)), join(folder, "src"), {
    recursive: true,
  });
  const module = JSON.stringify(join(folder, "src/native/library.ts"));
  const program = `
    const { library } = await import(${module});
    try { library() } catch (error) { console.log(error.message) }
  `;
  const env = { ...process.env, AIP_LIBRARY: "" };
  const said = Bun.spawnSync([process.execPath, "-e", program], { env }).stdout.toString();
  expect(said).toContain(`build/libAipNative`);
  expect(said).toContain("is missing: install a package of aip built for");
});
