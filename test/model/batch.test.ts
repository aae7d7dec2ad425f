import { describe, expect, test } from "bun:test";
import { modelBatchSize, outputsPerFrame, readableBatchSize } from "../../src/model/batch.ts";
import type { OnnxInspection } from "../../src/native/inspection.ts";

const output = (...shape: number[]): OnnxInspection["outputs"][number] => ({
  name: "out",
  dtype: "float32",
  shape,
});

const model = (...shape: number[]): OnnxInspection => ({
  inputs: [{ name: "images", dtype: "float32", shape }],
  outputs: [],
  metadata: {},
  producer: "",
  graph: "",
  domain: "",
  description: "",
  version: 0,
});

describe("modelBatchSize()", () => {
  test("is the input's first dimension, null where it is dynamic", () => {
    expect(modelBatchSize("m.onnx", model(1, 3, 64, 64))).toBe(1);
    expect(modelBatchSize("m.onnx", model(8, 3, 64, 64))).toBe(8);
    expect(modelBatchSize("m.onnx", model(-1, 3, 64, 64))).toBeNull();
  });

  test("refuses more than can be given", () => {
    expect(() => modelBatchSize("m.onnx", model(65, 3, 64, 64))).toThrow(
      'Cannot open model "m.onnx": it takes 65 pictures at a time, at most 64 can be given',
    );
  });
});

describe("outputsPerFrame()", () => {
  test("are a single picture's where the batch is fixed", () => {
    const shapes = outputsPerFrame([output(4, 84, 6), output(-1, 6), output(2, 6)], 4);
    expect(shapes.map(({ shape }) => shape)).toEqual([
      [1, 84, 6],
      [1, 6],
      [2, 6],
    ]);
  });

  test("stay as they are else", () => {
    const outputs = [output(-1, 84, 6)];
    expect(outputsPerFrame(outputs, null)).toBe(outputs);
    expect(outputsPerFrame(outputs, 1)).toBe(outputs);
  });
});

describe("readableBatchSize()", () => {
  test("is the model's where the output grows with it", () => {
    expect(readableBatchSize("m.onnx", null, output(-1, 84, 6))).toBeNull();
    expect(readableBatchSize("m.onnx", 4, output(4, 84, 6))).toBe(4);
    expect(readableBatchSize("m.onnx", 1, output(1, 84, 6))).toBe(1);
  });

  test("is 1 where a dynamic batch leads to one answer", () => {
    expect(readableBatchSize("m.onnx", null, output(1, 84, 6))).toBe(1);
    expect(readableBatchSize("m.onnx", null, output(-1))).toBe(1);
  });

  test("refuses a fixed batch whose answers cannot be told apart", () => {
    expect(() => readableBatchSize("m.onnx", 4, output(1, 84, 6))).toThrow(
      'it takes 4 pictures at a time, but output "out" has shape [1, 84, 6]: ' +
        "the answers to them cannot be told apart",
    );
  });
});
