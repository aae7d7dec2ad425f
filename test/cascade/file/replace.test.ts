import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cascade } from "../../../src/cascade/file/cascade.ts";
import { loadCascade } from "../../../src/cascade/file/load.ts";
import { originalPath, replaceCascade } from "../../../src/cascade/file/replace.ts";
import { saveCascade } from "../../../src/cascade/file/save.ts";
import { sampleCascade } from "./sample-cascade.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-replace-"));
  path = join(folder, "door.aip");
});
afterEach(() => rmSync(folder, { recursive: true }));

const original = sampleCascade();

/** As a run makes it, for the `count`th time. */
function retrained(count: number): Cascade {
  const { provenance } = original;
  const frames = { start: 100 * count, end: 100 * count + 50 };
  return {
    ...original,
    provenance: { ...provenance, retrained: { frames, before: provenance.trainedAt, count } },
  };
}

describe("replaceCascade()", () => {
  test("keeps what was trained on purpose, and one of those that followed it", async () => {
    await saveCascade(path, original);
    const kept = join(folder, "door.20261121T210000Z.aip");
    expect(await replaceCascade(path, retrained(1))).toBe(kept);
    expect(await replaceCascade(path, retrained(2))).toBeNull();
    expect(await loadCascade(path)).toEqual(retrained(2));
    expect(await loadCascade(kept)).toEqual(original);
    expect(readdirSync(folder).sort()).toEqual(["door.20261121T210000Z.aip", "door.aip"]);
  });

  test("keeps another one that was trained in its place meanwhile", async () => {
    await saveCascade(path, original);
    await replaceCascade(path, retrained(1));
    const { provenance } = original;
    const trainedAt = "2026-12-01T08:30:05.123Z";
    await saveCascade(path, { ...original, provenance: { ...provenance, trainedAt } });
    expect(await replaceCascade(path, retrained(1))).toBe(
      join(folder, "door.20261201T083005Z.aip"),
    );
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test("writes where nothing lies", async () => {
    expect(await replaceCascade(path, retrained(1))).toBeNull();
    expect(await loadCascade(path)).toEqual(retrained(1));
  });

  test("leaves alone what it cannot read", async () => {
    await saveCascade(path, original);
    writeFileSync(join(path, "cascade.json"), "{}");
    const error = await replaceCascade(path, retrained(1)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "cascade-invalid" });
    expect(readdirSync(folder)).toEqual(["door.aip"]);
  });
});

test("originalPath() has the time before the ending", () => {
  const time = "2026-11-21T21:00:00.000Z";
  expect(originalPath("a/door.aip/", time)).toBe("a/door.20261121T210000Z.aip");
  expect(originalPath("a.b/door", time)).toBe("a.b/door.20261121T210000Z");
});
