import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cascade } from "../../src/cascade/file/cascade.ts";
import { loadCascade } from "../../src/cascade/file/load.ts";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { tunableCascade } from "../learning/tunable-cascade.ts";
import { aipProcess } from "./process.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-tune-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function saved(name: string, cascade: Cascade): Promise<string> {
  const path = join(folder, name);
  await saveCascade(path, cascade);
  return path;
}
const tune = (...words: string[]) => aipProcess(["cascade", "tune", ...words], { cwd: folder });

test("aip cascade tune leaves budgets that are not named as the file has them", async () => {
  const budgets = { maxFn: 0.03, maxFp: 0.04 };
  const path = await saved("own.aip", { ...tunableCascade(), budgets });
  const { code, stderr } = await tune(path, "--max-fn", "5%");
  expect(code).toBe(0);
  // The sample's own thresholds and figures, and an arrow to others.
  expect(stderr).toMatch(
    /^replaced {4}\S+own\.aip: t_skip 5 → \d {3}t_diff 0\.125 → none {3}c_low 0\.1 → \S+ .* 2,000 → \S+ frames/,
  );
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect((await loadCascade(path)).budgets).toEqual({ maxFn: 0.05, maxFp: 0.04 });
  expect((await tune(path)).code).toBe(0);
  expect((await loadCascade(path)).budgets).toEqual({ maxFn: 0.05, maxFp: 0.04 });
}, 60_000);

test("aip cascade tune does not replace a cascade by one without its network", async () => {
  // Dearer than the reference model, it is left out.
  const cascade = tunableCascade();
  const network = { mean: 500, low: 490, high: 510 };
  const path = await saved("dear.aip", { ...cascade, costs: { ...cascade.costs, network } });
  const budgets = ["--max-fn", "60%", "--max-fp", "60%"];
  for (const words of [[], ["--out", "./dear.aip"]]) {
    const { code, stderr } = await tune(path, ...budgets, ...words);
    expect(stderr).toBe(
      `aip: Within these budgets the network saves nothing, and "${path}" would lose it for good: ` +
        "name another file with --out\n",
    );
    expect(code).toBe(2);
  }
  expect((await loadCascade(path)).levels.network).toEqual(cascade.levels.network);

  const { code, stderr } = await tune(path, ...budgets, "--out", "lax.aip");
  expect(code).toBe(0);
  expect(stderr).toStartWith(`written     lax.aip, from ${path}: t_skip 5 → `);
  const again = await tune(path, ...budgets, "--out", "lax.aip");
  expect(again.stderr).toStartWith(`replaced    lax.aip, from ${path}: t_skip 5 → `);
  expect((await loadCascade(join(folder, "lax.aip"))).levels.network).toBeNull();
  expect((await loadCascade(path)).levels.network).toEqual(cascade.levels.network);
}, 60_000);
