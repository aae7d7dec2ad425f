import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentHash } from "../../../src/backend/coreml/content-hash.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures/coreml");
const ROOT = mkdtempSync(join(tmpdir(), "aip-content-hash-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

let count = 0;
function copy(): string {
  count += 1;
  const path = join(ROOT, `model-${count}.mlpackage`);
  cpSync(join(FIXTURES, "yolov8.mlpackage"), path, { recursive: true });
  return path;
}

const WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin";

describe("contentHash()", () => {
  test("is the same for the same model elsewhere", () => {
    expect(contentHash(copy())).toBe(contentHash(join(FIXTURES, "yolov8.mlpackage")));
    expect(contentHash(copy())).toMatch(/^[0-9a-f]{32}$/);
  });

  test("does not see the manifest, whose identifiers change when a package is written anew", () => {
    const path = copy();
    const before = contentHash(path);
    writeFileSync(join(path, "Manifest.json"), "{}");
    expect(contentHash(path)).toBe(before);
  });

  test("sees one changed byte of the weights", () => {
    const path = copy();
    const before = contentHash(path);
    writeFileSync(join(path, WEIGHTS), "x");
    expect(contentHash(path)).not.toBe(before);
  });

  test("sees a file that has another name", () => {
    const path = copy();
    const before = contentHash(path);
    renameSync(join(path, WEIGHTS), join(path, `${WEIGHTS}.old`));
    expect(contentHash(path)).not.toBe(before);
  });

  test("reads a model that is one file", () => {
    const file = join(FIXTURES, "network.mlmodel");
    expect(contentHash(file)).not.toBe(contentHash(join(FIXTURES, "two-inputs.mlmodel")));
  });
});
