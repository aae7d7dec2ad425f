import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelHash } from "../../src/backend/model-hash.ts";

const PACKAGE = join(import.meta.dir, "../fixtures/coreml/yolov8.mlpackage");
/** One convolution whose weights are in `ext-weights.bin`, as `onnx.save_model` 1.x writes it. */
const EXTERNAL = Buffer.from(
  `CAg6hgEKDwoBeAoBdxIBeSIEQ29udhIBZypICAMIAwgECAQQAUIBd2obCghsb2NhdGlvbhIPZXh0LXdlaWdodHMuYmluagsKBm9mZnNldBIBMGoNCgZsZW5ndGgSAzU3NnABWhsKAXgSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiCQoBeRIECgIIAUIECgAQDQ==`,
  "base64",
);
const INSIDE = Buffer.from("a model with its weights inside");

const root = mkdtempSync(join(tmpdir(), "aip-model-hash-"));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
let folder = "";
let path = "";
beforeEach(() => {
  made += 1;
  folder = join(root, String(made));
  mkdirSync(folder);
  path = join(folder, "m.onnx");
});

/** The hash of a model with that manifest beside it. */
function hashWith(manifest: object | null, bytes: Uint8Array = INSIDE): string {
  writeFileSync(path, bytes);
  if (manifest !== null) writeFileSync(join(folder, "m.json"), JSON.stringify(manifest));
  return modelHash(path);
}

describe("modelHash()", () => {
  test("is the file's SHA-256 where nothing else makes its answers", () => {
    const sha256 = createHash("sha256").update(INSIDE).digest("hex");
    expect(hashWith(null)).toBe(sha256);
    expect(hashWith({ name: "Door", licence: "MIT", confidence: 0.4 })).toBe(sha256);
  });

  const MANIFEST = {
    input: { scale: 0.5, channels: "rgb", mean: [0, 0, 0] },
    head: { type: "yolov8" },
    classes: ["person", "car"],
    iou: 0.5,
  };

  test.each([
    ["classes", { ...MANIFEST, classes: ["car", "person"] }],
    ["scale", { ...MANIFEST, input: { ...MANIFEST.input, scale: 1 } }],
    ["channels", { ...MANIFEST, input: { ...MANIFEST.input, channels: "bgr" } }],
    ["head", { ...MANIFEST, head: { type: "yolox" } }],
    ["overlap", { ...MANIFEST, iou: 0.6 }],
    ["nothing", {}],
  ])("changes with the %s its manifest says", (_, other) => {
    expect(hashWith(other)).not.toBe(hashWith(MANIFEST));
  });

  test("stays where the manifest is written in another way, or says more for people", () => {
    const before = hashWith(MANIFEST);
    const input = { mean: [0, 0, 0], channels: "rgb", scale: 0.5 };
    const { head, classes, iou } = MANIFEST;
    expect(hashWith({ licence: "MIT", iou, classes, head, input, name: "x" })).toBe(before);
  });

  test("changes with weights in a file of their own, be they that of a link", () => {
    writeFileSync(join(folder, "ext-weights.bin"), Buffer.alloc(576, 1));
    const before = hashWith(null, EXTERNAL);
    expect(modelHash(path)).toBe(before);
    writeFileSync(join(folder, "ext-weights.bin"), Buffer.alloc(576, 2));
    const after = modelHash(path);
    expect(after).not.toBe(before);
    const elsewhere = join(folder, "elsewhere.bin");
    writeFileSync(elsewhere, Buffer.alloc(576, 1));
    rmSync(join(folder, "ext-weights.bin"));
    symlinkSync(elsewhere, join(folder, "ext-weights.bin"));
    expect(modelHash(path)).toBe(before);
  });

  test("notices that weights too large to be read twice have changed", () => {
    const weights = join(folder, "ext-weights.bin");
    const bytes = Buffer.alloc(65 << 20, 1);
    writeFileSync(weights, bytes);
    const before = hashWith(null, EXTERNAL);
    bytes[1000] = 2;
    writeFileSync(weights, bytes);
    expect(hashWith(null, EXTERNAL)).not.toBe(before);
    bytes[1000] = 1;
    writeFileSync(weights, bytes);
    expect(hashWith(null, EXTERNAL)).toBe(before);
  });

  test("covers the manifest beside a Core ML model", () => {
    const model = join(folder, "m.mlpackage");
    cpSync(PACKAGE, model, { recursive: true });
    const bare = modelHash(model);
    writeFileSync(join(folder, "m.json"), JSON.stringify(MANIFEST));
    expect(modelHash(model)).not.toBe(bare);
  });
});
