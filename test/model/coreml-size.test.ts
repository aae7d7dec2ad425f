import { describe, expect, test } from "bun:test";
import type { ArrayType, Flexibility, ImageType } from "../../src/coreml/inspection.ts";
import { flexibilityText, inputShape } from "../../src/model/coreml-size.ts";

const SQUARES: Flexibility = {
  kind: "enumerated",
  shapes: [
    [32, 32],
    [64, 64],
  ],
};
const WIDE = {
  kind: "range",
  ranges: [
    { min: 32, max: 64 },
    { min: 32, max: null },
  ],
} as const;

function image(rest: Partial<ImageType>): ImageType {
  return { kind: "image", width: 64, height: 64, color: "rgb", flexibility: null, ...rest };
}

function array(shape: readonly number[] | null, flexibility: Flexibility | null): ArrayType {
  return { kind: "multi-array", dtype: "float32", shape, flexibility };
}

/** The shape for a size written as in `--input-size`, asked for or exported. */
function shapeOf(type: ImageType | ArrayType, asked = "", exported = ""): readonly number[] {
  const size = (text: string): { width: number; height: number } | null => {
    const [width = 0, height = 0] = text.split("x").map(Number);
    return text === "" ? null : { width, height };
  };
  const hints = { path: "m.mlpackage", manifestPath: "m.json" };
  const input = { name: "x", type, optional: false, description: "" };
  return inputShape(input, { ...hints, wanted: size(asked), exported: size(exported) });
}

describe("inputShape()", () => {
  test("is the default of a picture where nobody asks", () => {
    expect(shapeOf(image({ width: 64, height: 48 }))).toEqual([1, 48, 64, 3]);
    expect(shapeOf(image({ color: "gray" }))).toEqual([1, 64, 64, 1]);
    expect(shapeOf(image({ flexibility: SQUARES }), "", "32x32")).toEqual([1, 64, 64, 3]);
  });

  test("is the size asked for where the model takes it", () => {
    expect(shapeOf(image({ flexibility: SQUARES }), "32x32")).toEqual([1, 32, 32, 3]);
    expect(shapeOf(image({ flexibility: WIDE }), "512x32")).toEqual([1, 32, 512, 3]);
    const tensor = array([1, 3, 64, 64], { kind: "enumerated", shapes: [[1, 3, 32, 96]] });
    expect(shapeOf(tensor, "96x32")).toEqual([1, 3, 32, 96]);
    const rows = array([1, 64, 64, 3], { kind: "enumerated", shapes: [[1, 32, 96, 3]] });
    expect(shapeOf(rows, "96x32")).toEqual([1, 32, 96, 3]);
  });

  test("leaves a model of one size to whoever compares", () => {
    expect(shapeOf(image({}), "32x32")).toEqual([1, 64, 64, 3]);
  });

  test.each<[string, ImageType | ArrayType, string, string]>([
    [
      "a size between those listed",
      image({ flexibility: SQUARES }),
      "48x48",
      'input "x" cannot be 48×48: height and width can be [32, 32], [64, 64]',
    ],
    [
      "a size out of the range",
      image({ flexibility: WIDE }),
      "64x65",
      'input "x" cannot be 64×65: height and width can be [32–64, 32–]',
    ],
    [
      "a tensor out of the range",
      array([1, 3, 64, 64], { kind: "range", ranges: [...WIDE.ranges, ...WIDE.ranges] }),
      "16x16",
      'input "x" cannot be 16×16: its shape can be [32–64, 32–, 32–64, 32–]',
    ],
  ])("refuses %s", (_, type, asked, what) => {
    expect(() => shapeOf(type, asked)).toThrow(`Cannot open model "m.mlpackage": ${what}`);
  });

  test("without a default it is the size asked for or exported for, or refused", () => {
    const open = image({ width: 0, height: 0, flexibility: SQUARES });
    expect(shapeOf(open, "32x32", "64x64")).toEqual([1, 32, 32, 3]);
    expect(shapeOf(open, "", "64x64")).toEqual([1, 64, 64, 3]);
    expect(() => shapeOf(open)).toThrow(
      'input "x" names no default size (it can be [32, 32], [64, 64]); give one (--input-size WxH), ' +
        'or write "input": {"width": …, "height": …} into "m.json"',
    );
    expect(() => shapeOf(image({ width: 0 }))).toThrow('input "x" names no default size; give one');
  });

  test("refuses sides out of all reason", () => {
    expect(() => shapeOf(image({ width: 2 ** 40 }))).toThrow("its sides must be at most 16384");
  });
});

test("flexibilityText() counts the shapes it does not show", () => {
  const shapes = Array.from({ length: 9 }, (_, index) => [index, index]);
  expect(flexibilityText({ kind: "enumerated", shapes })).toBe(
    "[0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5] and 3 more",
  );
});
