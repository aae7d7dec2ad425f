import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import type { CoreMlInspection } from "../../src/coreml/inspection.ts";
import { describeCoreMlModel } from "../../src/model/coreml-model.ts";
import { fixturePath } from "./fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-compiled-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A compiled model whose metadata is that of the fixture, changed. */
function compiled(change: (text: string) => string): string {
  count += 1;
  const path = join(folder, `${count}.mlmodelc`);
  mkdirSync(path);
  const text = readFileSync(fixturePath("compiled.mlmodelc/metadata.json"), "utf8");
  writeFileSync(join(path, "metadata.json"), change(text));
  return path;
}

/** The same with its one input or output replaced. */
function withFeature(key: string, feature: Readonly<Record<string, string>>): CoreMlInspection {
  return inspectCoreMl(
    compiled((text) => {
      const [model] = JSON.parse(text);
      return JSON.stringify([{ ...model, [key]: [{ name: "f", isOptional: "0", ...feature }] }]);
    }),
  );
}

describe("a compiled model", () => {
  test("is read as far as its compiler describes it, and says what is missing", () => {
    const found = inspectCoreMl(fixturePath("compiled.mlmodelc"));
    expect(found).toMatchObject({
      format: "mlmodelc",
      kinds: ["mlProgram"],
      specVersion: 7,
      needs: "macOS 13",
      functions: [
        {
          inputs: [{ name: "image", type: { kind: "image", width: 64, height: 64, color: "rgb" } }],
          outputs: [{ name: "var_1365", type: { dtype: "float32", shape: [1, 7, 84] } }],
        },
      ],
      operations: { conv: 6, gather: 1, concat: 1 },
      weightBytes: null,
      computeTypes: null,
    });
    expect(found.leavesNeuralEngine).toMatchObject([{ operation: "gather", count: 1 }]);
    expect(found.notes).toEqual([
      "weights Float16, computed in Mixed (Float16, Float32, Int32), as its compiler says",
      "kernels, dilations and constants of a compiled model are not read: the package has them",
      "class names and thresholds in a compiled model are not read: the package has them",
    ]);
  });

  // Texts as coremltools' FeatureType::toDictionary writes them.
  test("has shapes, sizes and their flexibility as texts", () => {
    const range = withFeature("inputSchema", {
      type: "Image",
      width: "64",
      height: "32",
      colorspace: "Grayscale",
      sizeRange: "[[64, 128], [32, -1]]",
    });
    expect(range.functions[0]?.inputs[0]?.type).toEqual({
      kind: "image",
      width: 64,
      height: 32,
      color: "gray",
      flexibility: {
        kind: "range",
        ranges: [
          { min: 32, max: null },
          { min: 64, max: 128 },
        ],
      },
    });
    const enumerated = withFeature("inputSchema", {
      type: "MultiArray",
      dataType: "Float16",
      shape: "[]",
      enumeratedShapes: "[[1, 3, 32, 32], [1, 3, 64, 64]]",
    });
    expect(enumerated.functions[0]?.inputs[0]?.type).toEqual({
      kind: "multi-array",
      dtype: "float16",
      shape: null,
      flexibility: {
        kind: "enumerated",
        shapes: [
          [1, 3, 32, 32],
          [1, 3, 64, 64],
        ],
      },
    });
  });

  test("ends in a suppression where its stages say so", () => {
    const double = { isOptional: "0", type: "Double" };
    const array = { isOptional: "0", type: "MultiArray", dataType: "Float32", shape: "[0, 80]" };
    const found = inspectCoreMl(
      compiled((text) => {
        const [model] = JSON.parse(text);
        const names = ["mlProgram", "nonMaximumSuppression"];
        const structure = names.map((name) => ({ name: `MLModelType_${name}` }));
        return JSON.stringify([
          {
            ...model,
            modelType: { name: "MLModelType_pipeline", structure },
            inputSchema: [
              ...model.inputSchema,
              { ...double, name: "iouThreshold" },
              { ...double, name: "confidenceThreshold" },
            ],
            outputSchema: [
              { ...array, name: "confidence" },
              { ...array, name: "coordinates" },
            ],
          },
        ]);
      }),
    );
    expect(found.kinds).toEqual(["mlProgram", "nonMaximumSuppression"]);
    expect(found.suppression).toMatchObject({
      confidence: "confidence",
      coordinates: "coordinates",
      iouInput: "iouThreshold",
      confidenceInput: "confidenceThreshold",
      iouThreshold: null,
    });
    expect(describeCoreMlModel("m.mlmodelc", found, null)).toMatchObject({
      head: { type: "nms-pipeline", classCount: 80 },
      labels: ["vehicle", "driver's cab", "person"],
      confidence: 0.25,
      iou: 0.45,
    });
  });

  test("that is a classifier is told from its dictionary, but not which classes it has", () => {
    const found = withFeature("outputSchema", { type: "Dictionary", keyType: "String" });
    expect(found.functions[0]).toMatchObject({ predictedScores: "f", labels: null });
    expect(() => describeCoreMlModel("m.mlmodelc", found, null)).toThrow(
      "it is a classifier, but the names of its classes cannot be read",
    );
  });

  test.each<[Readonly<Record<string, string>>, unknown]>([
    [
      { type: "Dictionary", keyType: "Int64" },
      { kind: "dictionary", keys: "int64" },
    ],
    [
      { type: "Sequence", valueType: "String" },
      { kind: "sequence", items: "string" },
    ],
    [{ type: "String" }, { kind: "string" }],
    [{ type: "Hologram" }, { kind: "unknown" }],
  ])("has features of %j", (feature, type) => {
    const found = withFeature("outputSchema", feature);
    expect(found.functions[0]?.outputs[0]?.type as unknown).toEqual(type);
  });

  test("is refused where its metadata is missing or another thing's", () => {
    const path = join(folder, "bare.mlmodelc");
    mkdirSync(path);
    const source = "; give the .mlpackage it was compiled from";
    expect(() => inspectCoreMl(path)).toThrow(
      `it is no compiled Core ML model: it has neither metadata.json nor coremldata.bin${source}`,
    );
    writeFileSync(join(path, "coremldata.bin"), "");
    expect(() => inspectCoreMl(path)).toThrow(
      `it has no metadata.json, and what else it holds is not documented${source}`,
    );
    expect(() => inspectCoreMl(compiled(() => "[{"))).toThrow("its metadata.json is not JSON: ");
    expect(() => inspectCoreMl(compiled(() => "[]"))).toThrow(
      "its metadata.json is not that of a compiled model: its list of models is wrong",
    );
    const other = compiled((text) => text.replace('"specificationVersion": 7', '"x": 7'));
    expect(() => inspectCoreMl(other)).toThrow("0.specificationVersion is wrong");
  });

  test("for a newer Core ML is refused", () => {
    const path = compiled((text) =>
      text.replace('"specificationVersion": 7', '"specificationVersion": 11'),
    );
    expect(() => inspectCoreMl(path)).toThrow(
      "it has Core ML specification version 11, versions 1 to 10 (macOS 26) are read",
    );
  });
});
