import { describe, expect, test } from "bun:test";
import { AipError } from "../../src/errors.ts";
import { formatInspection, inspectionJson } from "../../src/model/format.ts";
import { describeModel, type ModelSpec } from "../../src/model/model.ts";
import type { OnnxInspection } from "../../src/native/inspection.ts";
import { detector, fixture, ultralytics } from "./inspection.ts";

function result(found: OnnxInspection): ModelSpec | AipError {
  try {
    return describeModel("m.onnx", found, null);
  } catch (error) {
    if (error instanceof AipError) return error;
    throw error;
  }
}

function format(found: OnnxInspection): string {
  return formatInspection(result(found), found);
}

describe("formatInspection()", () => {
  test("shows what the file has and how it will be run", () => {
    const names = ultralytics(["car", "person"], { license: "AGPL-3.0" });
    expect(format(detector(640, 384, [[1, 6, 5040]], names))).toBe(`\
inputs       images  float32 [1, 3, 384, 640]
outputs      output0  float32 [1, 6, 5040]
metadata     author = Ultralytics
             stride = 32
             task = detect
             names = {0: 'car', 1: 'person'}
             license = AGPL-3.0

name         m
head         yolov8 from output "output0"
why          5040 boxes = the cells of strides 8, 16, 32; box and 2 classes
picture      640×384 RGB, letterboxed, centred on grey 114; NCHW f32
pixels       0–1
batch        one picture at a time
classes      2, from the metadata: car, person
keeps        the best 300 of confidence 0.25 and above, after NMS at IoU 0.45 per class
licence      AGPL-3.0
`);
  });

  test("counts the names it does not show, and gives every note a line", () => {
    const text = format(fixture("yolox-coco"));
    expect(text).toContain("classes      80, COCO's: person, bicycle, car,");
    expect(text).toContain("stop sign, and 68 more\n");
    expect(text).toContain("notes        the model names no classes: it has 80,");
  });

  test("shows mean and std where there are any", () => {
    expect(format(fixture("classification-logits"))).toContain(
      "pixels       0–1, minus 0.485 0.456 0.406, divided by 0.229 0.224 0.225\n",
    );
  });

  test("shows why a model cannot be run, below what it has", () => {
    expect(format(fixture("two-inputs"))).toBe(`\
inputs       images  float32 [1, 3, 64, 64]
             scale   float32 [1]
outputs      output  float32 [1, 3, 64, 64]
producer     aip-fixtures

cannot run   Cannot open model "m.onnx": it has 2 inputs ("images" [1, 3, 64, 64], "scale" [1]), not one picture
`);
  });

  test("keeps control characters and endless values of a file out of the terminal", () => {
    const found = detector(64, 64, [[1, 84, 7]], {
      evil: "\x1b[31mred\nline",
      long: "x".repeat(999),
    });
    const text = format(found);
    expect(text).not.toContain("\x1b");
    expect(text).toContain("evil = [31mred line\n");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(120);
  });
});

describe("inspectionJson()", () => {
  test("holds the inspection, and the model or the error", () => {
    const good = fixture("yolox");
    const spec = result(good);
    expect(inspectionJson(spec, good)).toEqual({ inspection: good, model: spec });
    const bad = fixture("two-inputs");
    expect(JSON.parse(JSON.stringify(inspectionJson(result(bad), bad)))).toEqual({
      inspection: bad,
      error: { code: "model-input", message: (result(bad) as AipError).message },
    });
  });
});
