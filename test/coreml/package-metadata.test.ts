import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import type { CoreMlInspection } from "../../src/coreml/inspection.ts";
import { copyOf } from "./fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-edited-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

/** The pipeline with metadata as Xcode leaves it beside the model, at `place` in `Data`. */
function edited(text: string | null, place = "com.apple.CoreML/Metadata.json"): CoreMlInspection {
  count += 1;
  const path = copyOf("nms.mlpackage", folder, `${count}.mlpackage`);
  const file = join(path, "Manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.itemInfoEntries["0"] = {
    author: "com.apple.CoreML",
    name: "Metadata.json",
    path: place,
  };
  writeFileSync(file, JSON.stringify(manifest));
  if (text !== null) writeFileSync(join(path, "Data/com.apple.CoreML/Metadata.json"), text);
  return inspectCoreMl(path);
}

describe("metadata that was edited in Xcode", () => {
  test("counts before the model's own", () => {
    const text = JSON.stringify({
      MLModelAuthorKey: "me",
      MLModelCreatorDefinedKey: { names: "{0: 'a', 1: 'b', 2: 'c'}" },
    });
    expect(edited(text)).toMatchObject({ author: "me", licence: "AGPL-3.0" });
    expect(edited(text).metadata).toEqual({ names: "{0: 'a', 1: 'b', 2: 'c'}" });
    expect(edited("{}").metadata["task"]).toBe("detect");
  });

  test("is refused where it is missing, outside, or another thing", () => {
    expect(() => edited(null)).toThrow(
      'it lacks its metadata "Data/com.apple.CoreML/Metadata.json"',
    );
    expect(() => edited("{}", "../../Metadata.json")).toThrow(
      'its Manifest.json names "../../Metadata.json", outside of it',
    );
    expect(() => edited("{")).toThrow("its Metadata.json is not JSON: ");
    expect(() => edited('{"MLModelAuthorKey": 1}')).toThrow(
      "its Metadata.json is not a Core ML package's: MLModelAuthorKey is wrong",
    );
  });
});
