import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { AipError } from "../../src/errors.ts";
import { loadManifest, validateManifest } from "../../src/model/manifest.ts";

function messageOf(value: unknown): string {
  try {
    validateManifest(value, "m.json");
  } catch (error) {
    expect(error).toMatchObject({ name: "AipError", code: "manifest-invalid", category: "usage" });
    return (error as Error).message;
  }
  throw new Error("the manifest was taken");
}

const HEADS = "yolox, yolov5, yolov8, end-to-end, classification, nms-pipeline, raw";

describe("validateManifest()", () => {
  test("takes a manifest that says everything", () => {
    const manifest = {
      name: "Demo",
      input: {
        name: "images",
        width: 640,
        height: 384,
        layout: "nchw",
        channels: "bgr",
        dtype: "f32",
        scale: 0.0039,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        letterbox: "centre",
        pad: 114,
      },
      head: {
        type: "yolov8",
        strides: [8, 16, 32],
        output: "output0",
        normalized: false,
        activation: "sigmoid",
        transposed: true,
      },
      classes: ["vehicle", "person"],
      confidence: 0.3,
      iou: 0.5,
      agnostic: true,
      licence: "Apache-2.0",
    };
    expect(validateManifest(structuredClone(manifest), "m.json")).toEqual(manifest as never);
  });

  test("takes an empty manifest", () => {
    expect(validateManifest({}, "m.json")).toEqual({});
  });

  test.each<[unknown, string]>([
    [7, "the manifest must be an object, not 7"],
    [[], "the manifest must be an object, not []"],
    [null, "the manifest must be an object, not null"],
    [{ clases: [] }, 'unknown key "clases"; did you mean "classes"?'],
    [{ input: { lauout: "nchw" } }, 'unknown key "input.lauout"; did you mean "layout"?'],
    [
      { head: { xyz: 1 } },
      'unknown key "head.xyz" (known: type, strides, output, normalized, activation, transposed)',
    ],
    [{ input: [] }, '"input" must be an object, not []'],
    [
      { head: { type: "yolov9" } },
      `"head.type" must be one of ${HEADS} (did you mean "yolov5"?), not "yolov9"`,
    ],
    [{ head: { type: 8 } }, `"head.type" must be one of ${HEADS}, not 8`],
    [
      { head: { strides: [] } },
      '"head.strides" must be a list of 1 to 8 strides such as [8, 16, 32], not []',
    ],
    [
      { head: { strides: [8, 0] } },
      '"head.strides[1]" must be a whole number from 1 to 1024, not 0',
    ],
    [{ input: { width: 1.5 } }, '"input.width" must be a whole number from 1 to 16384, not 1.5'],
    [{ input: { scale: 0 } }, '"input.scale" must be a number above 0, not 0'],
    [{ input: { mean: [1, 2] } }, '"input.mean" must be three numbers, not [1,2]'],
    [{ input: { mean: [1, 2, "3"] } }, '"input.mean" must be three numbers, not [1,2,"3"]'],
    [{ input: { std: [1, 0, 1] } }, '"input.std" must be three numbers above 0, not [1,0,1]'],
    [{ input: { pad: 256 } }, '"input.pad" must be a grey from 0 to 255, not 256'],
    [{ classes: [] }, '"classes" must be a list of at least one name, not []'],
    [{ classes: ["a", ""] }, '"classes[1]" must be a text that is not empty, not ""'],
    [{ confidence: 1.5 }, '"confidence" must be a number from 0 to 1, not 1.5'],
    [{ agnostic: "yes" }, '"agnostic" must be true or false, not "yes"'],
    [
      { name: "x".repeat(5), iou: "x".repeat(99) },
      `"iou" must be a number from 0 to 1, not "${"x".repeat(38)}…`,
    ],
  ])("refuses %j, naming the key", (value, what) => {
    expect(messageOf(value)).toBe(`Manifest "m.json": ${what}`);
  });

  test("takes or refuses any JSON with a sentence", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          validateManifest(value, "m.json");
        } catch (error) {
          expect(error).toBeInstanceOf(AipError);
          expect((error as Error).message).toStartWith('Manifest "m.json": ');
        }
      }),
    );
  });
});

describe("loadManifest()", () => {
  const folder = mkdtempSync(join(tmpdir(), "aip-manifest-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("reads a file", () => {
    const path = join(folder, "good.json");
    writeFileSync(path, '{"classes": ["a"]}');
    expect(loadManifest(path)).toEqual({ classes: ["a"] });
  });

  test("says that a file is not JSON", () => {
    const path = join(folder, "bad.json");
    writeFileSync(path, "{classes}");
    expect(() => loadManifest(path)).toThrow(`Manifest "${path}": not JSON: `);
  });

  test("says that a file cannot be read", () => {
    expect(() => loadManifest(folder)).toThrow(`Manifest "${folder}": cannot be read: `);
  });
});
