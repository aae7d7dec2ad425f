import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUNDLED_MODELS, resolveModel } from "../../src/model/catalog.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/models");
const folder = mkdtempSync(join(tmpdir(), "aip-catalog-"));
afterAll(() => rmSync(folder, { recursive: true }));
const model = join(folder, "yolox.onnx");
copyFileSync(join(FIXTURES, "yolox.onnx"), model);

describe("resolveModel()", () => {
  test("finds a file, with no manifest where none lies beside it", () => {
    expect(resolveModel(model)).toEqual({
      path: model,
      format: "onnx",
      name: "yolox",
      manifest: null,
    });
  });

  test("reads the manifest beside a file", () => {
    const path = join(folder, "named.onnx");
    copyFileSync(model, path);
    writeFileSync(join(folder, "named.json"), '{"classes": ["a", "b"]}');
    expect(resolveModel(path).manifest).toEqual({ classes: ["a", "b"] });
    writeFileSync(join(folder, "named.json"), '{"clases": ["a", "b"]}');
    expect(() => resolveModel(path)).toThrow('unknown key "clases"; did you mean "classes"?');
  });

  test("finds a model whose weights are in a file beside it, and refuses it without", () => {
    const path = join(folder, "split.onnx");
    // A graph (field 7) of an initializer (5) with one entry of external_data (13).
    const entry = "\x6a\x12\n\x08location\x12\x06w.data";
    const tensor = `\x2a\x14${entry}`;
    writeFileSync(path, Buffer.from(`\x08\x08\x3a\x16${tensor}`, "latin1"));
    const weights = join(folder, "w.data");
    expect(() => resolveModel(path)).toThrow(
      `Cannot open model "${path}": its weights are in "${weights}", which is missing`,
    );
    writeFileSync(weights, "weights");
    expect(resolveModel(path).path).toBe(path);
  });

  test("knows Core ML models by their ending, with the manifest beside them", () => {
    const bundle = join(folder, "named.mlpackage");
    mkdirSync(bundle);
    writeFileSync(join(folder, "named.json"), '{"confidence": 0.5}');
    const found = { format: "coreml", name: "named", manifest: { confidence: 0.5 } };
    expect(resolveModel(bundle)).toMatchObject({ path: bundle, ...found });
    expect(resolveModel(`${bundle}/`)).toMatchObject({ path: `${bundle}/`, ...found });
    expect(() => resolveModel(join(folder, "name.mlpackage"))).toThrow(`did you mean "${bundle}"?`);
  });

  test("keeps the bundled models in the package's models folder", () => {
    expect(BUNDLED_MODELS["demo"]).toBe(join(import.meta.dir, "../../models/demo.onnx"));
  });

  test.each<[string, string, string]>([
    ["a mistyped name", "dmeo", 'Cannot open model "dmeo": no such file; did you mean "demo"?'],
    [
      "a missing file",
      "/nowhere/x/zzzzzz.onnx",
      'Cannot open model "/nowhere/x/zzzzzz.onnx": no such file (bundled: demo)',
    ],
    [
      "a path through a file",
      `${model}/x.onnx`,
      `Cannot open model "${model}/x.onnx": no such file (bundled: demo)`,
    ],
    [
      "a mistyped file",
      join(folder, "yolx.onnx"),
      `Cannot open model "${join(folder, "yolx.onnx")}": no such file; did you mean "${model}"?`,
    ],
  ])("does not find %s", (_, nameOrPath, message) => {
    expect(() => resolveModel(nameOrPath)).toThrow(
      expect.objectContaining({ code: "model-not-found", category: "usage", message }),
    );
  });

  test("refuses a folder, another format and a text", () => {
    expect(() => resolveModel(folder)).toThrow(
      `Cannot open model "${folder}": it is a folder, not an ONNX file or a Core ML model`,
    );
    const weights = join(folder, "x.pt");
    writeFileSync(weights, "PK");
    expect(() => resolveModel(weights)).toThrow(
      `Cannot open model "${weights}": PyTorch weights must be exported to ONNX first`,
    );
    const text = join(FIXTURES, "text.onnx");
    expect(() => resolveModel(text)).toThrow(`Cannot open model "${text}": it is no ONNX model`);
  });
});
