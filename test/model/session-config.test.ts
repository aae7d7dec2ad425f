import { describe, expect, test } from "bun:test";
import { Provider } from "../../src/layout/layout.gen.ts";
import { describeModel, type ModelSpec } from "../../src/model/model.ts";
import { sessionConfig } from "../../src/model/session-config.ts";
import { fixture } from "./inspection.ts";

/**
 * Reads the struct as `swift/CAip/include/aip_layout.gen.h` declares it, word by word in the
 * order of its fields and without the generated offsets.
 */
function words(spec: ModelSpec, threadCount = 1): { u32: Uint32Array; f32: Float32Array } {
  const bytes = sessionConfig(spec, { provider: Provider.webgpu, threadCount });
  expect(bytes.byteLength).toBe(320);
  return { u32: new Uint32Array(bytes.buffer), f32: new Float32Array(bytes.buffer) };
}

function describeFixture(name: Parameters<typeof fixture>[0]): ModelSpec {
  return describeModel(`${name}.onnx`, fixture(name), null);
}

describe("sessionConfig()", () => {
  test("lays out YOLOX", () => {
    const { u32, f32 } = words(describeFixture("yolox"), 3);
    // webgpu, 3 threads, 64×64, nchw, bgr, f32, top left
    expect([...u32.slice(0, 8)]).toEqual([1, 3, 64, 64, 0, 1, 0, 0]);
    // scale, mean, std, pad
    expect([...f32.slice(8, 16)]).toEqual([1, 0, 0, 0, 1, 1, 1, 114]);
    // yolox, 2 classes, 3 levels of 8
    expect([...u32.slice(16, 27)]).toEqual([1, 2, 3, 8, 16, 32, 0, 0, 0, 0, 0]);
    // output 0, not transposed, in pixels, no activation, per class
    expect([...u32.slice(27, 32)]).toEqual([0, 0, 0, 0, 0]);
    expect([...f32.slice(32, 34)]).toEqual([0.25, Math.fround(0.45)]);
    // 300 detections, no filter
    expect([...u32.slice(34, 36)]).toEqual([300, 0]);
    expect(u32.slice(36).every((word) => word === 0)).toBe(true);
  });

  test("lays out YOLOv8 in bytes, NHWC", () => {
    const { u32 } = words(describeFixture("yolov8-nhwc-u8"));
    // nhwc, rgb, u8, centred
    expect([...u32.slice(4, 8)]).toEqual([1, 0, 2, 1]);
    expect(u32[16]).toBe(3);
    expect(u32[28]).toBe(1);
  });

  test("lays out a classification from logits", () => {
    const { u32, f32 } = words(describeFixture("classification-logits"));
    expect(u32[7]).toBe(2);
    expect([...f32.slice(9, 15)]).toEqual(
      [0.485, 0.456, 0.406, 0.229, 0.224, 0.225].map(Math.fround),
    );
    // classification, 3 classes, softmax, the best 5
    expect([u32[16], u32[17], u32[30], u32[34]]).toEqual([5, 3, 2, 5]);
  });

  test("sets a bit for every class that counts", () => {
    const spec = { ...describeFixture("yolox-coco"), classFilter: [0, 31, 32, 79] };
    const { u32 } = words(spec);
    expect(u32[35]).toBe(1);
    expect([...u32.slice(36, 40)]).toEqual([0x80000001, 1, 0x8000, 0]);
  });

  test("leaves room for every class where their number is not known", () => {
    const found = { ...fixture("end-to-end"), metadata: {} };
    expect(words(describeModel("m.onnx", found, null)).u32[17]).toBe(1024);
    expect(words(describeModel("m.onnx", found, null, { head: "raw" })).u32[17]).toBe(0);
  });

  test.each([-1, 1.5, Number.NaN])("refuses %p threads", (threadCount) => {
    expect(() => words(describeFixture("yolox"), threadCount)).toThrow(RangeError);
  });
});
