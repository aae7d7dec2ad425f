import { describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { anchorOf, PAGES, ROOT, readPage } from "./markdown.ts";

/** Targets of links and pictures, without those to other sites. */
function targets(page: string): string[] {
  const prose = readPage(page).replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function anchors(page: string): string[] {
  return readPage(page)
    .replace(/^```[\s\S]*?^```$/gm, "")
    .split("\n")
    .filter((line) => /^#+ /.test(line))
    .map(anchorOf);
}

describe.each(PAGES.map((page) => [page]))("%s", (page) => {
  test("links lead to files and headings that are there", () => {
    const broken = targets(page).filter((target) => {
      const [file = "", anchor] = target.split("#");
      const path = file === "" ? page : join(dirname(page), file);
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== undefined && !anchors(path).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("names only files of the project that are there", () => {
    const named = readPage(page)
      .replace(/^```[\s\S]*?^```$/gm, "")
      .matchAll(/`((?:src|swift|scripts|test|models|docs|examples|bench)\/[\w./-]+)`/g);
    const missing = [...named]
      .map((match) => match[1] as string)
      .filter((path) => !path.includes("NAME") && !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });
});

test("every page is reached from the README", () => {
  const seen = new Set<string>(["README.md"]);
  for (const page of seen) {
    for (const target of targets(page)) {
      const path = join(dirname(page), target.split("#")[0] as string);
      if (path.endsWith(".md")) seen.add(path);
    }
  }
  expect([...PAGES].filter((page) => !seen.has(page))).toEqual([]);
});

test("pictures are small enough to load at once", () => {
  for (const picture of new Bun.Glob("docs/images/*").scanSync({ cwd: ROOT })) {
    expect({ picture, fits: statSync(join(ROOT, picture)).size <= 150 * 1024 }).toEqual({
      picture,
      fits: true,
    });
  }
});
