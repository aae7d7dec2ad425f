import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFileLocked, lockFile } from "../../src/native/file-lock.ts";

let folder = "";
let path = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-lock-"));
  path = join(folder, "a");
  writeFileSync(path, "");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("lockFile() is refused to a second open of the file, until the first is closed", () => {
  const [first, second] = [openSync(path, "r+"), openSync(path, "a")];
  expect(lockFile(first)).toBe(true);
  expect(lockFile(first)).toBe(true);
  expect(lockFile(second)).toBe(false);
  expect(isFileLocked(path)).toBe(true);
  closeSync(first);
  expect(isFileLocked(path)).toBe(false);
  expect(lockFile(second)).toBe(true);
  closeSync(second);
});

test.skipIf(process.platform !== "linux")("lockFile() respects other programs' locks", async () => {
  // util-linux's flock(1) takes the same lock.
  const other = Bun.spawn(["flock", path, "sh", "-c", "echo held; sleep 60"], { stdout: "pipe" });
  await other.stdout.getReader().read();
  expect(isFileLocked(path)).toBe(true);
  // The shell below it holds the file too, and is ended with its group.
  Bun.spawnSync(["pkill", "-KILL", "-P", String(other.pid)]);
  other.kill("SIGKILL");
  await other.exited;
});

test("isFileLocked() is false for what is missing, for a folder, and for a pipe", () => {
  const pipe = join(folder, "pipe");
  Bun.spawnSync(["mkfifo", pipe]);
  expect(isFileLocked(pipe)).toBe(false);
  expect(isFileLocked(join(folder, "none"))).toBe(false);
  expect(isFileLocked(folder)).toBe(false);
});
