import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { AipError } from "../../src/errors.ts";
import { checkOnnxFile } from "../../src/model/onnx-file.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/models");
const folder = mkdtempSync(join(tmpdir(), "aip-onnx-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Uint8Array): string {
  const path = join(folder, "m.onnx");
  writeFileSync(path, content);
  return path;
}

describe("checkOnnxFile()", () => {
  test("takes every whole model", () => {
    const broken = ["cut-short.onnx", "text.onnx"];
    const models = readdirSync(FIXTURES).filter((name) => name.endsWith(".onnx"));
    expect(models.length).toBeGreaterThan(20);
    for (const name of models.filter((each) => !broken.includes(each))) {
      checkOnnxFile(join(FIXTURES, name));
    }
  });

  test("refuses half a model, saying how much is missing", () => {
    const whole = readFileSync(join(FIXTURES, "yolox.onnx"));
    const path = fileOf(whole.subarray(0, 200));
    // The graph is the last field but the opset's six bytes; all else comes before it.
    expect(() => checkOnnxFile(path)).toThrow(
      `Cannot open model "${path}": the file is cut short: 200 bytes of at least ${whole.length - 6}`,
    );
  });

  test.each<[string, string | Uint8Array, string]>([
    ["an empty file", "", "the file is empty"],
    ["a text", "This is a text.", "it is no ONNX model"],
    ["JSON", "{}", "it is no ONNX model"],
    ["a text that begins like an opset", "Be glad", "it is no ONNX model"],
    ["a ZIP archive", "PK\x03\x04\x14\x00\x00\x00", "it is no ONNX model"],
    ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), "it is no ONNX model"],
    ["a message without a graph", Uint8Array.of(0x08, 0x08), "it is no ONNX model"],
    ["a broken end", Uint8Array.of(0x3a, 0x01, 0x00, 0xff), "the file is damaged or cut short"],
  ])("refuses %s", (_, content, what) => {
    const path = fileOf(content);
    expect(() => checkOnnxFile(path)).toThrow(
      expect.objectContaining({
        code: "model-invalid",
        category: "usage",
        message: `Cannot open model "${path}": ${what}`,
      }),
    );
  });

  test("takes or refuses any bytes in bounded time", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          checkOnnxFile(fileOf(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(AipError);
        }
      }),
    );
  });
});
