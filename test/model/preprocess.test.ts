import { describe, expect, test } from "bun:test";
import type { HeadSpec } from "../../src/model/head.ts";
import type { InputGeometry } from "../../src/model/input.ts";
import type { HeadType, InputManifest } from "../../src/model/manifest.ts";
import { describeInput, type InputSpec } from "../../src/model/preprocess.ts";

const GEOMETRY: InputGeometry = {
  name: "images",
  layout: "nchw",
  channelCount: 3,
  dtype: "f32",
  width: 64,
  height: 64,
  notes: [],
};

interface Given {
  readonly geometry?: Partial<InputGeometry>;
  readonly manifest?: InputManifest;
  readonly ultralytics?: boolean;
  readonly producer?: string;
}

function describeFor(type: HeadType, given: Given = {}): ReturnType<typeof describeInput> {
  const head: HeadSpec = {
    type,
    why: "",
    output: "output",
    outputIndex: 0,
    shape: [],
    classCount: 2,
    strides: [],
    transposed: false,
    normalized: false,
    activation: "none",
  };
  return describeInput(
    { ...GEOMETRY, ...given.geometry },
    {
      head,
      manifest: given.manifest ?? {},
      manifestPath: "m.json",
      ultralytics: given.ultralytics ?? false,
      producer: given.producer ?? "",
    },
  );
}

const UNIT = { channels: "rgb", scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };

describe("describeInput()", () => {
  test.each<[HeadType, Given, object]>([
    [
      "yolox",
      {},
      {
        channels: "bgr",
        scale: 1,
        mean: [0, 0, 0],
        std: [1, 1, 1],
        letterbox: "top-left",
        pad: 114,
      },
    ],
    ["yolov5", {}, { ...UNIT, letterbox: "centre", pad: 114 }],
    ["yolov8", {}, { ...UNIT, letterbox: "centre", pad: 114 }],
    ["end-to-end", {}, { ...UNIT, letterbox: "centre", pad: 114 }],
    [
      "classification",
      { ultralytics: true, producer: "pytorch" },
      { ...UNIT, letterbox: "stretch" },
    ],
    ["classification", { producer: "tf2onnx" }, { ...UNIT, letterbox: "stretch" }],
    ["raw", {}, { ...UNIT, letterbox: "stretch" }],
    ["yolov8", { geometry: { channelCount: 1 } }, { ...UNIT, channels: "gray" }],
    ["yolov8", { geometry: { dtype: "u8" } }, { ...UNIT, scale: 1, letterbox: "centre" }],
    ["yolox", { geometry: { dtype: "u8" } }, { channels: "bgr", scale: 1, letterbox: "top-left" }],
  ])("prepares %s %j by its convention", (type, given, expected) => {
    expect(describeFor(type, given).input as InputSpec).toMatchObject(expected);
  });

  test("gives torchvision's mean and std to a classifier from PyTorch, and says so", () => {
    const { input, notes } = describeFor("classification", { producer: "pytorch" });
    expect(input).toMatchObject({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    expect(notes).toEqual([
      "the model does not say how it wants its pixels: RGB 0–1 with ImageNet's mean and std is taken",
    ]);
  });

  test("turns the convention's mean and std around for a BGR input", () => {
    const manifest = { channels: "bgr" } as const;
    const { input } = describeFor("classification", { producer: "pytorch", manifest });
    expect(input).toMatchObject({ mean: [0.406, 0.456, 0.485], std: [0.225, 0.224, 0.229] });
  });

  test("puts the manifest before the convention, and has nothing to note then", () => {
    const manifest = {
      channels: "bgr",
      scale: 2,
      mean: [1, 2, 3],
      std: [4, 5, 6],
      letterbox: "top-left",
      pad: 0,
    } as const;
    const { input, notes } = describeFor("classification", { manifest, producer: "pytorch" });
    expect(input).toMatchObject(manifest as never);
    expect(notes).toEqual([]);
  });

  test("refuses to scale bytes", () => {
    const given = { geometry: { dtype: "u8" }, manifest: { scale: 0.5 } } as const;
    expect(() => describeFor("yolov8", given)).toThrow(
      'Manifest "m.json": the input is u8 and takes pixels as they are: "scale", "mean" and "std" must be left out',
    );
  });
});
