import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelHash } from "../../src/backend/model-hash.ts";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { AipError } from "../../src/errors.ts";
import { resolveModel } from "../../src/model/catalog.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { promiseOf } from "../../src/pipeline/run-cascade.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

let folder = "";
/** For 640×360, the built-in model, persons of a confidence of 0.5. */
let door = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-run-cascade-"));
  door = join(folder, "door.aip");
  const sha256 = modelHash(resolveModel("demo").path);
  await saveCascade(door, { ...sampleCascade(), reference: { name: "demo", sha256 } });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function refusal(options: PipelineOptions): Promise<string> {
  const defaults = { sources: "demo", devices: "sim:1ms:model=demo", frames: 5, cascade: door };
  const pipeline = new Pipeline({ ...defaults, ...options });
  const error = await pipeline.run().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AipError);
  expect((error as AipError).category).toBe("usage");
  return (error as AipError).message;
}

describe("aip run --cascade", () => {
  test("refuses a file that is not there", async () => {
    const cascade = join(folder, "yard.aip");
    expect(await refusal({ cascade })).toStartWith(
      `Cannot open cascade "${cascade}": no such file`,
    );
  });

  test("refuses another camera's size, whichever source it is", async () => {
    const sources = ["demo", "demo:size=320x180"];
    expect(await refusal({ sources })).toContain(
      'was trained on pictures of 640×360, and "demo-2" has 320×180',
    );
  });

  test("refuses another reference model", async () => {
    const other = join(folder, "other.aip");
    await saveCascade(other, sampleCascade());
    expect(await refusal({ cascade: other })).toContain("another reference model");
  });

  test("refuses devices that run no model", async () => {
    expect(await refusal({ devices: "sim:1ms:model=demo,sim:1ms" })).toBe(
      "Device sim-1 runs no model, so it cannot answer what the cascade leaves to the reference " +
        "model: give it one, as in sim:80ms:model=demo",
    );
  });

  test("refuses thresholds and classes that leave out what is asked for", async () => {
    expect(await refusal({ confidence: 0.8 })).toContain(
      "--confidence 0.8 leaves some of them out",
    );
    expect(await refusal({ classes: "vehicle" })).toContain("--classes leaves that out: add it");
    expect(await refusal({ ingest: "scaled" })).toContain("leave out --ingest scaled");
  });
});

describe("promiseOf()", () => {
  test("is of frames answered early: the same errors, of fewer frames", () => {
    const { falseNegatives, falsePositives, presentShare } = promiseOf(sampleCascade());
    // 150 of 200 frames that show it, and 9,750 of 9,800 that do not, were answered early.
    expect(falseNegatives).toBeCloseTo((0.009 * 200) / 150, 10);
    expect(falsePositives).toBeCloseTo((0.001 * 9800) / 9750, 10);
    expect(presentShare).toBeCloseTo(150 / 9900, 10);
  });
});
