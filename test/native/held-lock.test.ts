import { afterAll, afterEach, expect, spyOn, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fileLock from "../../src/native/file-lock.ts";
import { HeldLock } from "../../src/native/held-lock.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-held-lock-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

const { lockFile } = fileLock;
const locking = spyOn(fileLock, "lockFile");
afterEach(() => locking.mockImplementation(lockFile));
afterAll(() => locking.mockRestore());

test("a lock is held once, until it is disposed of", () => {
  const path = join(ROOT, "one.lock");
  const first = HeldLock.try(path);
  expect(first).not.toBeNull();
  expect(HeldLock.try(path)).toBeNull();
  first?.[Symbol.dispose]();
  using again = HeldLock.try(path);
  expect(again).not.toBeNull();
});

test.each([
  ["removed", (path: string) => rmSync(path)],
  [
    "replaced",
    (path: string) => {
      // The one that is open keeps its number.
      rmSync(path);
      writeFileSync(path, "");
    },
  ],
])("a file that was %s while its lock was asked for locks nothing", (_, change) => {
  const path = join(ROOT, "changed.lock");
  locking.mockImplementation((fd) => {
    change(path);
    return lockFile(fd);
  });
  expect(HeldLock.try(path)).toBeNull();
  locking.mockImplementation(lockFile);
  using next = HeldLock.try(path);
  expect(next).not.toBeNull();
  expect(existsSync(path)).toBe(true);
});
