import { describe, expect, test } from "bun:test";
import type { HeadHints, HeadSpec } from "../../src/model/head.ts";
import { detectHead } from "../../src/model/heads.ts";
import { tensor } from "./inspection.ts";

const HINTS: HeadHints = {
  path: "m.onnx",
  manifestPath: "m.json",
  manifest: {},
  size: { width: 640, height: 640 },
  nameCount: null,
  ultralytics: false,
  task: null,
  strideMax: null,
};

const ULTRALYTICS: Partial<HeadHints> = { ultralytics: true, task: "detect", strideMax: 32 };

function detect(shape: readonly number[], hints: Partial<HeadHints> = {}): HeadSpec {
  return detectHead([tensor("output0", shape)], { ...HINTS, ...hints });
}

describe("detectHead()", () => {
  // Shapes of published models; N is worked out in grid.test.ts.
  test.each<[string, readonly number[], Partial<HeadHints>, Partial<HeadSpec>]>([
    [
      "YOLOX-Nano",
      [1, 3549, 85],
      { size: { width: 416, height: 416 } },
      { type: "yolox", classCount: 80, strides: [8, 16, 32], transposed: false },
    ],
    [
      "YOLOX with names of its own",
      [1, 8400, 8],
      { nameCount: 3 },
      { type: "yolox", classCount: 3 },
    ],
    ["YOLOX of one class", [1, 8400, 6], {}, { type: "yolox", classCount: 1 }],
    ["YOLOv5s", [1, 25_200, 85], {}, { type: "yolov5", classCount: 80, transposed: false }],
    [
      "YOLOv5s with metadata",
      [1, 25_200, 85],
      { ...ULTRALYTICS, nameCount: 80 },
      { type: "yolov5" },
    ],
    ["YOLOv5s of one class", [1, 25_200, 6], {}, { type: "yolov5", classCount: 1 }],
    [
      "YOLOv5 P6",
      [1, 102_000, 85],
      { size: { width: 1280, height: 1280 } },
      { type: "yolov5", strides: [8, 16, 32, 64] },
    ],
    [
      "YOLOv5 of open N",
      [1, -1, 85],
      { ...ULTRALYTICS, nameCount: 80 },
      { type: "yolov5", classCount: 80 },
    ],
    [
      "YOLOv8n",
      [1, 84, 8400],
      {},
      { type: "yolov8", classCount: 80, strides: [8, 16, 32], transposed: true },
    ],
    [
      "YOLOv8 with P2",
      [1, 84, 34_000],
      { ...ULTRALYTICS, nameCount: 80 },
      { type: "yolov8", strides: [4, 8, 16, 32] },
    ],
    [
      "YOLOv8n, transposed",
      [1, 8400, 84],
      {},
      { type: "yolov8", classCount: 80, transposed: false },
    ],
    [
      "YOLOv8 of two classes, transposed",
      [1, 8400, 6],
      { ...ULTRALYTICS, nameCount: 2 },
      { type: "yolov8", classCount: 2, transposed: false },
    ],
    [
      "YOLOv8 of open N",
      [-1, 84, -1],
      { ...ULTRALYTICS, nameCount: 80 },
      { type: "yolov8", classCount: 80, transposed: true },
    ],
    [
      "YOLOv8 of a wide picture",
      [1, 84, 5040],
      { size: { width: 640, height: 384 } },
      { type: "yolov8" },
    ],
    [
      "YOLOv10n",
      [1, 300, 6],
      { ...ULTRALYTICS, nameCount: 80 },
      { type: "end-to-end", classCount: 80 },
    ],
    ["end-to-end without names", [1, 100, 6], {}, { type: "end-to-end", classCount: 0 }],
    [
      "end-to-end of one class",
      [1, 300, 6],
      { nameCount: 1 },
      { type: "end-to-end", classCount: 1 },
    ],
    ["end-to-end of open N", [1, -1, 6], { ...ULTRALYTICS, nameCount: 80 }, { type: "end-to-end" }],
    [
      "ResNet-50",
      [1, 1000],
      {},
      { type: "classification", classCount: 1000, activation: "softmax" },
    ],
    ["SqueezeNet", [1, 1000, 1, 1], {}, { type: "classification", classCount: 1000 }],
    [
      "YOLOv8n-cls",
      [1, 1000],
      { ultralytics: true, task: "classify", nameCount: 1000 },
      { type: "classification", activation: "none" },
    ],
  ])("finds %s", (_, shape, hints, expected) => {
    expect(detect(shape, hints)).toMatchObject(expected as never);
  });

  test("takes 100 or 300 rows of six for end-to-end at any usual size", () => {
    for (let width = 32; width <= 1280; width += 32) {
      for (const rows of [100, 300]) {
        expect(detect([1, rows, 6], { size: { width, height: 320 } }).type).toBe("end-to-end");
      }
    }
  });

  test("takes six rows and 300 columns of a grid for YOLOv8", () => {
    // 192×320 at strides 16 and 32: 12×20 + 6×10 = 300 boxes.
    const head = detect([1, 6, 300], { size: { width: 192, height: 320 } });
    expect(head).toMatchObject({ type: "yolov8", classCount: 2, strides: [16, 32] });
  });

  test("never takes an export of Ultralytics for YOLOX", () => {
    expect(() => detect([1, 8400, 9], ULTRALYTICS)).toThrow("no head reads it");
    expect(() => detect([1, 8400, 9], { ...ULTRALYTICS, nameCount: 4 })).toThrow(
      "no head reads it",
    );
  });

  test("says what led to the head", () => {
    expect(detect([1, 8400, 85]).why).toBe(
      "8400 boxes = the cells of strides 8, 16, 32; box, objectness and 80 classes",
    );
    expect(detect([1, 25_200, 6]).why).toBe(
      "25200 boxes = 3 × the cells of strides 8, 16, 32; box, objectness and 1 class",
    );
  });

  test("reads a score named a probability as it is", () => {
    const outputs = [tensor("softmaxout_1", [1, 1000])];
    expect(detectHead(outputs, HINTS).activation).toBe("none");
  });

  test("picks the output a head reads among several", () => {
    const outputs = [tensor("aux", [1, 3, 80, 80, 85]), tensor("boxes", [1, 25_200, 85])];
    const head = detectHead(outputs, HINTS);
    expect(head).toMatchObject({ type: "yolov5", output: "boxes", outputIndex: 1 });
  });

  test("does not take the scores of a detector with several outputs for a classification", () => {
    const outputs = [tensor("boxes", [1, 100, 4]), tensor("scores", [1, 100])];
    expect(() => detectHead(outputs, HINTS)).toThrow(
      'output "boxes" has shape [1, 100, 4], output "scores" has shape [1, 100], no head reads it',
    );
  });

  test("takes the manifest's word for head, output, strides and scores", () => {
    const outputs = [tensor("a", [1, 8400, 6]), tensor("b", [1, 4200, 85])];
    const manifest = {
      type: "yolov8",
      output: "b",
      transposed: false,
      normalized: true,
      activation: "sigmoid",
    } as const;
    expect(detectHead(outputs, { ...HINTS, manifest })).toMatchObject({
      type: "yolov8",
      outputIndex: 1,
      classCount: 81,
      strides: [],
      transposed: false,
      normalized: true,
      activation: "sigmoid",
    });
    const strides = [16];
    expect(detect([1, 1600, 85], { manifest: { strides } })).toMatchObject({
      type: "yolox",
      strides,
    });
  });

  test("settles by the manifest what an open number of boxes leaves open", () => {
    expect(() => detect([1, -1, 85])).toThrow('name its head in "m.json"');
    const head = detect([1, -1, 85], { manifest: { type: "yolox" } });
    expect(head).toMatchObject({ type: "yolox", classCount: 80, strides: [8, 16, 32] });
    expect(() => detect([1, -1, 6], { ...ULTRALYTICS, nameCount: 1 })).toThrow("no head reads it");
  });

  test("hands any tensor on where raw is asked for", () => {
    const head = detect([1, 512], { manifest: { type: "raw" } });
    expect(head).toMatchObject({ type: "raw", classCount: 0, shape: [1, 512] });
    expect(() => detect([1, 1, 1, 1, 1, 1, 2], { manifest: { type: "raw" } })).toThrow(
      'output "output0" has 7 dimensions, at most 6 can be handed on',
    );
    expect(() => detect([-1, -1, 85], { manifest: { type: "raw" } })).toThrow(
      'output "output0" has shape [?, ?, 85], only a tensor of known size can be handed on',
    );
    expect(detect([-1, 512], { manifest: { type: "raw" } }).type).toBe("raw");
  });

  const KNOWN =
    "known: yolox [1, N, 5 + C], yolov5 [1, 3·N, 5 + C], yolov8 [1, 4 + C, N], end-to-end [1, 300, 6], classification [1, C]";
  const RAW = '"head": {"type": "raw"} in "m.json" hands the tensor on as it is';

  test.each<[string, readonly number[], Partial<HeadHints>, string]>([
    [
      "rows that are no grid",
      [1, 10, 7],
      {},
      `output "output0" has shape [1, 10, 7], no head reads it with input 640×640 (${KNOWN}; ${RAW})`,
    ],
    [
      "names that do not match the columns",
      [1, 84, 8400],
      { nameCount: 3 },
      `output "output0" has shape [1, 84, 8400], no head reads it with input 640×640 and 3 class names (${KNOWN}; ${RAW})`,
    ],
    [
      "YOLOX at a size that cuts cells",
      [1, 4840, 85],
      { size: { width: 648, height: 360 } },
      `output "output0" has shape [1, 4840, 85], no head reads it with input 648×360 (${KNOWN}; ${RAW})`,
    ],
    [
      "a head the manifest is wrong about",
      [1, 84, 8400],
      { manifest: { type: "end-to-end" } },
      `output "output0" has shape [1, 84, 8400], it is no end-to-end head with input 640×640 (${KNOWN}; ${RAW})`,
    ],
    [
      "a task without a head",
      [1, 116, 8400],
      { task: "segment", nameCount: 80 },
      `it is made for the task "segment", no head reads it (known: detect, classify; ${RAW})`,
    ],
    [
      "one score",
      [1, 1],
      {},
      `output "output0" has shape [1, 1], no head reads it with input 640×640 (${KNOWN}; ${RAW})`,
    ],
  ])("refuses %s, saying what it saw and what it knows", (_, shape, hints, what) => {
    expect(() => detect(shape, hints)).toThrow(
      expect.objectContaining({
        code: "head-unknown",
        category: "usage",
        message: `Cannot open model "m.onnx": ${what}`,
      }),
    );
  });

  test("refuses an output that is not there, or not of floats", () => {
    expect(() => detect([1, 84, 8400], { manifest: { output: "x" } })).toThrow(
      'Manifest "m.json": "head.output" is "x", which the model lacks (known: "output0")',
    );
    expect(() => detectHead([tensor("o", [1, 84, 8400], "int8")], HINTS)).toThrow(
      'Cannot open model "m.onnx": output "o" is int8, not float32 or float16',
    );
    expect(() => detectHead([], HINTS)).toThrow('Cannot open model "m.onnx": it has no output');
  });
});
