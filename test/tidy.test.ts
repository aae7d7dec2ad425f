import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** Every text file that people write. */
const FILES: readonly string[] = [
  "*.{json,md,swift,toml}",
  ".ci/*",
  ".github/**/*.yml",
  "{bench,docs,examples,models,scripts,src,swift,test}/**/*.{c,h,html,json,md,py,sh,swift,ts}",
]
  .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })])
  .filter((path) => !path.startsWith("test/fixtures/") && existsSync(join(ROOT, path)))
  .sort();

/** `path:line: text` for every line that a rule forbids. */
function offences(forbidden: RegExp, paths: readonly string[] = FILES): string[] {
  return paths.flatMap((path) =>
    readFileSync(join(ROOT, path), "utf8")
      .split("\n")
      .flatMap((line, index) =>
        forbidden.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
}

const but = (...exempt: string[]): string[] => FILES.filter((path) => !exempt.includes(path));
const THIS = "test/tidy.test.ts";

test("the rules see the files", () => {
  expect(FILES).toContain("src/errors.ts");
  expect(FILES).toContain("swift/CAip/include/aip.h");
  expect(offences(/^test\("the rules see the files"/, [THIS])).toHaveLength(1);
});

test("nothing is left to do later", () => {
  expect(offences(/\b(TODO|FIXME|XXX|HACK)\b/, but(THIS))).toEqual([]);
});

test("no merge has left its marks", () => {
  expect(offences(/^(<{7}|>{7}) /)).toEqual([]);
});

test("no file knows a machine's own folders", () => {
  expect(offences(/(^|[\s"'`(=:])\/(home|root|Users|work)\/\w/, but(THIS))).toEqual([]);
});

test("no line ends in blanks, and none is indented by tabs", () => {
  expect(offences(/[ \t]$|^\t/)).toEqual([]);
});

test("every file ends in a line break", () => {
  expect(FILES.filter((path) => !/(^|\n)$/.test(readFileSync(join(ROOT, path), "utf8")))).toEqual(
    [],
  );
});

test("the lock file names no host", () => {
  expect(offences(/https?:/, ["bun.lock"])).toEqual([]);
});

test("every dependency is pinned", () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  );
  const versions: string[] = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
