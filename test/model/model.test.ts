import { describe, expect, test } from "bun:test";
import { COCO_NAMES } from "../../src/model/coco.ts";
import type { ModelManifest } from "../../src/model/manifest.ts";
import { describeModel, type ModelOverrides, type ModelSpec } from "../../src/model/model.ts";
import {
  detector,
  type FixtureName,
  fixture,
  inspection,
  tensor,
  ultralytics,
} from "./inspection.ts";

function describeFixture(
  name: FixtureName,
  overrides: ModelOverrides = {},
  manifest: ModelManifest | null = null,
): ModelSpec {
  return describeModel(`${name}.onnx`, fixture(name), manifest, overrides);
}

describe("describeModel()", () => {
  // The table of test/fixtures/models/README.md.
  test.each<[FixtureName, string, readonly string[]]>([
    ["yolox", "yolox", []],
    ["yolox-coco", "yolox", COCO_NAMES],
    ["yolov5", "yolov5", ["vehicle", "person"]],
    ["yolov8", "yolov8", ["vehicle", "driver's cab"]],
    ["yolov8-rows", "yolov8", ["vehicle", "driver's cab"]],
    ["yolov8-dynamic", "yolov8", ["vehicle", "driver's cab"]],
    ["yolov8-f16", "yolov8", ["vehicle", "driver's cab"]],
    ["yolov8-nhwc-u8", "yolov8", ["vehicle", "driver's cab"]],
    ["end-to-end", "end-to-end", ["vehicle", "driver's cab"]],
    ["classification", "classification", ["empty", "few", "many"]],
    ["classification-logits", "classification", []],
  ])("understands the fixture %s", (name, type, labels) => {
    const spec = describeFixture(name);
    expect(spec.head.type as string).toBe(type);
    expect(spec.labels).toEqual(labels);
    expect(spec.input).toMatchObject({ width: 64, height: 64 });
  });

  test.each<[FixtureName, string]>([
    ["batch-4", 'it takes 4 pictures at a time, but output "output" has shape [1, 6, 84]'],
    ["two-inputs", "it has 2 inputs"],
    ["unknown-head", 'output "output" has shape [1, 10, 7], no head reads it'],
    ["segment", 'it is made for the task "segment"'],
    ["identity", 'output "output" has shape [1, 3, 64, 64], no head reads it'],
    ["yolox-dynamic-size", 'input "images" [?, 3, ?, ?] leaves its size open'],
  ])("refuses the fixture %s", (name, what) => {
    expect(() => describeFixture(name)).toThrow(`Cannot open model "${name}.onnx": ${what}`);
  });

  test("understands YOLOX-Nano from its shapes alone", () => {
    const found = { ...detector(416, 416, [[1, 3549, 85]]), producer: "pytorch" };
    expect(describeModel("weights/yolox_nano.onnx", found, null)).toMatchObject({
      name: "yolox_nano",
      input: { channels: "bgr", scale: 1, letterbox: "top-left", pad: 114, layout: "nchw" },
      head: { type: "yolox", classCount: 80 },
      labelsFrom: "coco",
      confidence: 0.25,
      iou: 0.45,
      agnostic: false,
      detectionLimit: 300,
      classFilter: null,
      licence: null,
      notes: ["the model names no classes: it has 80, so COCO's names are taken"],
    });
  });

  test("puts the run's wishes before the manifest, and that before the defaults", () => {
    const manifest = { name: "Traffic", confidence: 0.4, iou: 0.6, agnostic: true, licence: "MIT" };
    expect(describeFixture("yolov8", {}, manifest)).toMatchObject(manifest);
    const overrides = { confidence: 0, iou: 1, agnostic: false };
    expect(describeFixture("yolov8", overrides, manifest)).toMatchObject(overrides);
  });

  test("opens a model of dynamic size at the size asked for", () => {
    const spec = describeFixture("yolov8-dynamic", { inputSize: { width: 128, height: 96 } });
    expect(spec.input).toMatchObject({ width: 128, height: 96 });
    expect(() =>
      describeFixture("yolov8-dynamic", { inputSize: { width: 100, height: 96 } }),
    ).toThrow("its input cannot be 100×96: width and height must be multiples of 32");
    const inputSize = { width: 64, height: 64 };
    expect(describeFixture("yolox-dynamic-size", { inputSize }).head.type).toBe("yolox");
  });

  test("names classes by the manifest, and refuses a number of names the head contradicts", () => {
    const spec = describeFixture("yolox", { classes: ["b"] }, { classes: ["a", "b"] });
    expect(spec).toMatchObject({ labels: ["a", "b"], labelsFrom: "manifest", classFilter: [1] });
    expect(() => describeFixture("yolox", {}, { classes: ["a", "b", "c"] })).toThrow(
      "no head reads it with input 64×64 and 3 class names",
    );
  });

  test("hands the tensor on where raw is asked for, and has no classes then", () => {
    const spec = describeFixture("identity", { head: "raw" });
    expect(spec.head).toMatchObject({ type: "raw", shape: [1, 3, 64, 64] });
    expect(() => describeFixture("identity", { head: "raw", classes: ["car"] })).toThrow(
      'Model "identity.onnx" has no classes to pick: its head is raw',
    );
  });

  test("keeps the five best classes of a classification, and warns of embeddings", () => {
    const spec = describeFixture("classification-logits");
    expect(spec).toMatchObject({ confidence: 0, detectionLimit: 5 });
    expect(spec.notes).toContain(
      'an embedding has this shape too: "head": {"type": "raw"} hands it on as it is',
    );
  });

  test.each([1.5, -0.1, Number.NaN])("refuses a confidence or IoU of %p", (value) => {
    expect(() => describeFixture("yolox", { confidence: value })).toThrow(
      `Confidence must be a number from 0 to 1, not ${value}`,
    );
    expect(() => describeFixture("yolox", { iou: value })).toThrow(
      `IoU must be a number from 0 to 1, not ${value}`,
    );
  });

  test("notes metadata it cannot read and goes by the shapes", () => {
    const found = detector(
      640,
      640,
      [[1, 7, 8400]],
      ultralytics([], { names: "{0: ", imgsz: "?" }),
    );
    const spec = describeModel("m.onnx", found, null);
    expect(spec.head).toMatchObject({ type: "yolov8", classCount: 3 });
    expect(spec.notes[0]).toStartWith('metadata "names" cannot be read and is left out: ');
    expect(spec.notes[1]).toStartWith('metadata "imgsz" cannot be read and is left out: ');
  });

  test("refuses a model without an output", () => {
    const found = inspection({ inputs: [tensor("x", [1, 3, 64, 64])] });
    expect(() => describeModel("m.onnx", found, null)).toThrow("it has no output");
  });
});
