import { describe, expect, test } from "bun:test";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import type { CoreMlInspection, Feature, FeatureType } from "../../src/coreml/inspection.ts";
import { COCO_NAMES } from "../../src/model/coco.ts";
import { describeCoreMlModel } from "../../src/model/coreml-model.ts";
import type { ModelManifest } from "../../src/model/manifest.ts";
import type { ModelOverrides, ModelSpec } from "../../src/model/model.ts";
import { fixturePath } from "../coreml/fixtures.ts";

function describeFixture(
  name: string,
  overrides: ModelOverrides = {},
  manifest: ModelManifest | null = null,
): ModelSpec {
  return describeCoreMlModel(name, inspectCoreMl(fixturePath(name)), manifest, overrides);
}

/** A fixture with other things said in it. */
function changed(name: string, change: (found: CoreMlInspection) => object): CoreMlInspection {
  const found = inspectCoreMl(fixturePath(name));
  return { ...found, ...change(found) };
}

/** The detector with another type of input. */
function withInput(type: FeatureType): CoreMlInspection {
  return changed("detector.mlpackage", ({ functions: [main] }) => {
    const input: Feature = { name: "x", type, optional: false, description: "" };
    return { functions: [{ ...main, inputs: [input] }] };
  });
}

describe("describeCoreMlModel()", () => {
  test("finds a raw detector by its shape, as in an ONNX file", () => {
    expect(describeFixture("detector.mlpackage")).toMatchObject({
      name: "detector",
      input: {
        name: "images",
        width: 416,
        height: 416,
        pixelFormat: "32BGRA",
        dtype: "u8",
        channels: "bgr",
        letterbox: "top-left",
        scale: 1,
        pad: 114,
      },
      batchSize: 1,
      head: { type: "yolox", output: "output", classCount: 80, strides: [8, 16, 32] },
      labels: COCO_NAMES,
      coreMl: { function: null, answer: "output=output" },
    });
  });

  test("finds YOLOv8 by shape and metadata, whatever its output is called", () => {
    const spec = describeFixture("yolov8.mlpackage");
    expect(spec).toMatchObject({
      input: { dtype: "f16", layout: "nchw", channels: "rgb", scale: 1 / 255, letterbox: "centre" },
      head: { type: "yolov8", output: "var_1365", transposed: true, normalized: false },
      labels: ["vehicle", "driver's cab", "person"],
      labelsFrom: "metadata",
      coreMl: { answer: "output=var_1365" },
    });
    expect(spec.input.pixelFormat).toBeUndefined();
  });

  test("takes the head of an NMS pipeline from the pipeline", () => {
    expect(describeFixture("nms.mlpackage")).toMatchObject({
      head: {
        type: "nms-pipeline",
        output: "confidence",
        boxesOutput: "coordinates",
        shape: [-1, 80],
        classCount: 3,
        normalized: true,
      },
      labels: ["vehicle", "driver's cab", "person"],
      labelsFrom: "model",
      confidence: 0.35,
      iou: 0.6,
      licence: "AGPL-3.0",
      coreMl: { function: null, answer: "coordinates=coordinates\nconfidence=confidence" },
    });
    expect(describeFixture("nms.mlpackage", { confidence: 0.5, iou: 0.4 })).toMatchObject({
      confidence: 0.5,
      iou: 0.4,
      notes: [],
    });
  });

  test("says where the thresholds of a pipeline are its own", () => {
    const found = changed("nms.mlpackage", ({ suppression, functions: [main] }) => ({
      suppression: { ...suppression, iouInput: null, confidenceInput: null },
      functions: [{ ...main, inputs: main?.inputs.slice(0, 1) }],
    }));
    expect(describeCoreMlModel("m.mlpackage", found, null, { iou: 0.4 }).notes).toEqual([
      "the IoU of its own suppression is 0.6 and cannot be changed",
    ]);
  });

  test.each<[string, string, readonly string[]]>([
    ["classifier.mlpackage", "classLabel_probs", ["empty", "few", "many"]],
    ["network.mlmodel", "scores", ["cat", "dog"]],
  ])("takes the classes of %s in the model's own order", (name, output, labels) => {
    expect(describeFixture(name)).toMatchObject({
      head: {
        type: "classification",
        output,
        shape: [1, labels.length],
        classCount: labels.length,
        activation: "none",
      },
      input: { pixelFormat: "32BGRA", letterbox: "stretch" },
      labels,
      labelsFrom: "model",
      confidence: 0,
      detectionLimit: 5,
      coreMl: { answer: `probabilities=${output}` },
    });
  });

  test("runs the default function, or the one the manifest names", () => {
    const name = "multi-function.mlpackage";
    const { coreMl, input, head } = describeFixture(name);
    expect(coreMl).toEqual({ function: "coarse", answer: "output=probabilities" });
    expect(input).toMatchObject({
      pixelFormat: "OneComponent16Half",
      dtype: "f16",
      channels: "gray",
    });
    expect(head.classCount).toBe(2);
    const fine = describeFixture(name, {}, { function: "fine" });
    expect(fine).toMatchObject({ head: { classCount: 5 }, coreMl: { function: "fine" } });
    expect(() => describeFixture(name, {}, { function: "fin" })).toThrow(
      'Manifest "multi-function.json": "function" is "fin", which the model lacks (known: "coarse", "fine")',
    );
  });

  test("lets a manifest override names, thresholds and the head", () => {
    const names = ["a", "b", "c"];
    const manifest = { classes: names, confidence: 0.1, iou: 0.2, licence: "MIT" };
    expect(describeFixture("nms.mlpackage", {}, manifest)).toMatchObject({
      labels: names,
      labelsFrom: "manifest",
      confidence: 0.1,
      iou: 0.2,
      licence: "MIT",
    });
    expect(() => describeFixture("nms.mlpackage", {}, { classes: ["a"] })).toThrow(
      '"classes" has 1 names, but the model has 3 classes',
    );
    const raw = describeFixture("detector.mlpackage", {}, { head: { type: "raw" } });
    expect(raw.head).toMatchObject({ type: "raw", shape: [1, 3549, 85] });
    expect(() =>
      describeFixture("detector.mlpackage", {}, { head: { type: "nms-pipeline" } }),
    ).toThrow("it is no nms-pipeline head");
  });

  test("says that a picture needs no scale, and keeps where it stands", () => {
    const input = { scale: 0.5, channels: "rgb", letterbox: "stretch", pad: 0 } as const;
    const spec = describeFixture("detector.mlpackage", {}, { input });
    expect(spec.input).toMatchObject({ scale: 1, channels: "bgr", letterbox: "stretch", pad: 0 });
    expect(spec.notes).toContain(
      "the model takes a picture and scales it itself: the manifest's input.scale, input.channels is not used",
    );
  });

  test("reads the manifest in a converted package, below the one beside it", () => {
    const own = {
      input: { scale: 1, channels: "rgb", letterbox: "top-left" },
      head: { type: "yolov8", output: "var_1365" },
      classes: ["a", "b", "c"],
      confidence: 0.3,
    };
    const found = changed("yolov8.mlpackage", () => ({
      metadata: { "aip.manifest": JSON.stringify(own) },
    }));
    expect(describeCoreMlModel("m.mlpackage", found, null)).toMatchObject({
      input: { scale: 1, letterbox: "top-left" },
      head: { type: "yolov8" },
      labels: ["a", "b", "c"],
      confidence: 0.3,
    });
    const beside: ModelManifest = {
      // As it is for the ONNX file: the conversion has changed both.
      input: { scale: 1 / 255 },
      head: { output: "output0" },
      confidence: 0.9,
    };
    expect(describeCoreMlModel("m.mlpackage", found, beside)).toMatchObject({
      input: { scale: 1 },
      head: { type: "yolov8", output: "var_1365" },
      confidence: 0.9,
    });
  });

  test.each<[string, string]>([
    ["{", "not JSON: "],
    ['{"clases": []}', 'unknown key "clases"; did you mean "classes"?'],
  ])("refuses a package whose own manifest is %s", (text, what) => {
    const found = changed("yolov8.mlpackage", () => ({ metadata: { "aip.manifest": text } }));
    expect(() => describeCoreMlModel("m.mlpackage", found, null)).toThrow(
      `Manifest "m.mlpackage (its metadata "aip.manifest")": ${what}`,
    );
  });

  test("takes a network's picture without its batch", () => {
    const type = {
      kind: "multi-array",
      dtype: "float32",
      shape: [3, 416, 416],
      flexibility: null,
    } as const;
    expect(describeCoreMlModel("m.mlmodel", withInput(type), null).input).toMatchObject({
      width: 416,
      height: 416,
      layout: "nchw",
      dtype: "f32",
    });
  });

  test("reads doubles, which older converters write, as floats", () => {
    const found = changed("detector.mlpackage", ({ functions: [main] }) => ({
      functions: [
        {
          ...main,
          outputs: main?.outputs.map((each) => ({
            ...each,
            type: { ...each.type, dtype: "float64" },
          })),
        },
      ],
    }));
    expect(describeCoreMlModel("m.mlmodel", found, null).head.type).toBe("yolox");
  });

  test.each<[string, string]>([
    [
      "two-inputs.mlmodel",
      'it has 2 inputs ("before" [3, 8, 8], "after" [3, 8, 8]), not one picture',
    ],
    ["range.mlpackage", 'output "maps" has shape [1, 2, ?, ?], no head reads it with input 64×64'],
    [
      "no-default.mlpackage",
      'input "x" names no default size (it can be [1, 3, 32–128, 32–128]); export it with one',
    ],
  ])("refuses %s with one sentence", (name, what) => {
    expect(() => describeFixture(name)).toThrow(`Cannot open model "${name}": ${what}`);
  });

  test("refuses a picture in an order of colours nobody knows", () => {
    const type = {
      kind: "image",
      width: 8,
      height: 8,
      color: "unknown",
      flexibility: null,
    } as const;
    expect(() => describeCoreMlModel("m.mlpackage", withInput(type), null)).toThrow(
      'Cannot open model "m.mlpackage": image input "x" has an unknown order of colours',
    );
  });

  test("refuses a classifier whose classes cannot be read", () => {
    const found = changed("classifier.mlpackage", ({ functions: [main] }) => ({
      functions: [{ ...main, labels: null }],
    }));
    expect(() => describeCoreMlModel("m.mlpackage", found, null)).toThrow(
      "it is a classifier, but the names of its classes cannot be read",
    );
  });

  test("refuses a pipeline that lacks the outputs it names", () => {
    const found = changed("nms.mlpackage", ({ functions: [main] }) => ({
      functions: [{ ...main, outputs: main?.outputs.slice(1) }],
    }));
    expect(() => describeCoreMlModel("m.mlpackage", found, null)).toThrow(
      'it ends in non-maximum suppression, but lacks its outputs "confidence" and "coordinates"',
    );
  });
});
