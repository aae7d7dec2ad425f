import { describe, expect, test } from "bun:test";
import { detectInput, type InputGeometry, type InputHints } from "../../src/model/input.ts";
import { fixture, inspection, tensor } from "./inspection.ts";

const HINTS: InputHints = {
  path: "m.onnx",
  manifestPath: "m.json",
  manifest: {},
  requested: null,
  exported: null,
  strideMax: null,
};

function detect(
  shape: readonly number[],
  hints: Partial<InputHints> = {},
  dtype = "float32",
): InputGeometry {
  const found = inspection({ inputs: [tensor("images", shape, dtype)] });
  return detectInput(found, { ...HINTS, ...hints });
}

describe("detectInput()", () => {
  test("tells NCHW from NHWC by where the channels are", () => {
    expect(detect([1, 3, 384, 640])).toEqual({
      name: "images",
      layout: "nchw",
      channelCount: 3,
      dtype: "f32",
      width: 640,
      height: 384,
      notes: [],
    });
    const nhwc = detect([-1, 384, 640, 1], {}, "uint8");
    expect(nhwc).toMatchObject({
      layout: "nhwc",
      channelCount: 1,
      dtype: "u8",
      width: 640,
      height: 384,
    });
    expect(detect([1, 3, 64, 64], {}, "float16").dtype).toBe("f16");
  });

  test("takes an open size from the run, then the manifest, then the metadata", () => {
    const exported = { width: 640, height: 640 };
    const manifest = { width: 320, height: 256 };
    const requested = { width: 96, height: 64 };
    const shape = [-1, 3, -1, -1];
    expect(detect(shape, { exported, manifest, requested })).toMatchObject(requested);
    expect(detect(shape, { exported, manifest })).toMatchObject(manifest);
    const last = detect(shape, { exported });
    expect(last).toMatchObject(exported);
    expect(last.notes).toEqual(["the input's size is dynamic: 640×640 is the one exported for"]);
  });

  test("assumes three channels, saying so, where even their number is open", () => {
    const geometry = detect([-1, -1, -1, -1], { requested: { width: 64, height: 32 } });
    expect(geometry).toMatchObject({ layout: "nchw", channelCount: 3, width: 64, height: 32 });
    expect(geometry.notes).toEqual([
      "the number of channels is dynamic: three, in NCHW order, are assumed",
    ]);
  });

  test.each<[string, readonly number[], Partial<InputHints>, string, string]>([
    [
      "an open size",
      [1, 3, -1, -1],
      {},
      "model-size",
      'input "images" [1, 3, ?, ?] leaves its size open; give one (--input-size WxH), or write "input": {"width": …, "height": …} into "m.json"',
    ],
    [
      "another size than the fixed one",
      [1, 3, 416, 416],
      { requested: { width: 640, height: 640 } },
      "model-size",
      "its input is 416×416 and cannot be 640×640",
    ],
    [
      "an open size between the cells",
      [1, 3, -1, -1],
      { requested: { width: 640, height: 360 }, strideMax: 32 },
      "model-size",
      "its input cannot be 640×360: width and height must be multiples of 32",
    ],
    [
      "a row of features",
      [1, 512],
      {},
      "model-input",
      'input "images" [1, 512] is no picture (known: [N, C, H, W] or [N, H, W, C] with 1 or 3 channels)',
    ],
    [
      "four channels",
      [1, 4, 64, 64],
      {},
      "model-input",
      'input "images" [1, 4, 64, 64] is no picture (known: [N, C, H, W] or [N, H, W, C] with 1 or 3 channels)',
    ],
  ])("refuses %s", (_, shape, hints, code, what) => {
    expect(() => detect(shape, hints)).toThrow(
      expect.objectContaining({
        code,
        category: "usage",
        message: `Cannot open model "m.onnx": ${what}`,
      }),
    );
  });

  test.each<[InputHints["manifest"], string]>([
    [{ name: "x" }, '"input.name" is "x", but the model\'s is "images"'],
    [{ dtype: "u8" }, '"input.dtype" is u8, but the model\'s is f32'],
    [{ channels: "gray" }, '"input.channels" is gray, but the model takes 3 channel(s)'],
  ])("refuses a manifest with %j that the model contradicts", (manifest, what) => {
    expect(() => detect([1, 3, 64, 64], { manifest })).toThrow(`Manifest "m.json": ${what}`);
  });

  test("refuses a type that pixels do not come in", () => {
    expect(() => detect([1, 3, 64, 64], {}, "float64")).toThrow(
      'Cannot open model "m.onnx": input "images" is float64 (known: float32, float16, uint8)',
    );
  });

  test("refuses two inputs and none", () => {
    expect(() => detectInput(fixture("two-inputs"), HINTS)).toThrow(
      'Cannot open model "m.onnx": it has 2 inputs ("images" [1, 3, 64, 64], "scale" [1]), not one picture',
    );
    expect(() => detectInput(inspection({ inputs: [] }), HINTS)).toThrow(
      'Cannot open model "m.onnx": it has 0 inputs (none), not one picture',
    );
  });
});
