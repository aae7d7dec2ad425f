import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PLOTS, refreshPlots } from "../../scripts/plot-scheduling.ts";
import { ROOT, readPage } from "../docs/markdown.ts";

/** A busy machine fails no test. */
const TIMEOUT_MS = 120_000;
const IMAGES = join(ROOT, "docs", "images");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-plots-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test(
  "the committed plots are what bun scripts/plot-scheduling.ts draws",
  async () => {
    expect(await refreshPlots(IMAGES, true)).toEqual([]);
  },
  TIMEOUT_MS,
);

test("the page shows every plot, and no other is there", () => {
  const shown = [...readPage("docs/scheduling.md").matchAll(/\]\(images\/([\w-]+\.svg)\)/g)];
  const names = Object.keys(PLOTS).sort();
  expect(shown.map((match) => match[1] as string).sort()).toEqual(names);
  expect(
    readdirSync(IMAGES)
      .filter((name) => name.endsWith(".svg"))
      .sort(),
  ).toEqual(names);
});

test("refreshPlots() names what differs, and writes it unless it only checks", async () => {
  const plots = { "a.svg": () => "new", "b.svg": () => "same" };
  const [a, b] = [join(folder, "a.svg"), join(folder, "b.svg")];
  await Bun.write(a, "old");
  await Bun.write(b, "same");
  expect(await refreshPlots(folder, true, plots)).toEqual([a]);
  expect(await Bun.file(a).text()).toBe("old");
  expect(await refreshPlots(folder, false, plots)).toEqual([a]);
  expect(await Bun.file(a).text()).toBe("new");
  expect(await refreshPlots(folder, true, plots)).toEqual([]);
});
