import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFolder } from "../../src/sink/make-folder.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-folder-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("checkFolder() takes folders that are there or can be made, and leaves all as it was", async () => {
  writeFileSync(join(folder, "notes.txt"), "mine");
  await checkFolder(folder);
  await checkFolder(join(folder, "a", "b"));
  expect(readdirSync(folder)).toEqual(["notes.txt"]);
});

test("checkFolder() refuses a file", async () => {
  const path = join(folder, "file");
  writeFileSync(path, "");
  await expect(checkFolder(path)).rejects.toMatchObject({
    ...{
      code: "folder-unwritable",
      message: `Cannot make the folder "${path}": file already exists`,
    },
  });
});

// A folder that nobody may write to, not even root.
test.skipIf(!existsSync("/proc/self"))(
  "checkFolder() refuses a folder that takes no files",
  async () => {
    await expect(checkFolder("/proc")).rejects.toThrow('Cannot write to the folder "/proc": ');
  },
);
