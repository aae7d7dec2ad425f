import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockSearches, type SearchFiles } from "../../src/find/search-lock.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-search-lock-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const search = (name: string): SearchFiles => ({
  path: `${name}.mp4`,
  work: join(folder, `${name}.ndjson`),
});

test("lockSearches() lets nobody else at any of the videos until it is given up", () => {
  const first = lockSearches([search("a"), search("b")]);
  expect(() => lockSearches([search("b")])).toThrow(
    'Cannot search "b.mp4": another search of it is under way; wait for its end',
  );
  using _other = lockSearches([search("c")]);
  first[Symbol.dispose]();
  using _next = lockSearches([search("b")]);
});

test("lockSearches() takes all or none, and leaves nothing", () => {
  {
    using _first = lockSearches([search("b")]);
    expect(() => lockSearches([search("a"), search("b")])).toThrow('"b.mp4"');
    using _free = lockSearches([search("a")]);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test("lockSearches() takes a video that is named twice once", () => {
  using _once = lockSearches([search("a"), search("a")]);
  expect(readdirSync(folder)).toEqual(["a.lock"]);
});

test("lockSearches() says in one sentence what cannot be locked", () => {
  mkdirSync(join(folder, "d.lock"));
  expect(() => lockSearches([search("d")])).toThrow(/^Cannot write ".*d\.lock": /);
});
