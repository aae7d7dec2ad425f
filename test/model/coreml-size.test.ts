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

/** The shape for a size written as in `--input-size`. */
function shapeOf(type: ImageType | ArrayType, asked = ""): readonly number[] {
  const [width = 0, height = 0] = asked.split("x").map(Number);
  const wanted = asked === "" ? null : { width, height };
  const input = { name: "x", type, optional: false, description: "" };
  return inputShape(input, { path: "m.mlpackage", wanted });
}

describe("inputShape()", () => {
  test("is the default of a picture where nobody asks", () => {
    expect(shapeOf(image({ width: 64, height: 48 }))).toEqual([1, 48, 64, 3]);
    expect(shapeOf(image({ color: "gray" }))).toEqual([1, 64, 64, 1]);
    expect(shapeOf(image({ flexibility: SQUARES }))).toEqual([1, 64, 64, 3]);
  });

  test("is the default where it is asked for", () => {
    const wide = image({ width: 96, height: 32, flexibility: WIDE });
    expect(shapeOf(wide, "96x32")).toEqual([1, 32, 96, 3]);
    const sides: Flexibility = { kind: "enumerated", shapes: [[1, 3, 32, 96]] };
    expect(shapeOf(array([1, 3, 32, 96], sides), "96x32")).toEqual([1, 3, 32, 96]);
    expect(shapeOf(array([3, 32, 96], sides), "96x32")).toEqual([1, 3, 32, 96]);
    expect(shapeOf(array([1, 32, 96, 3], sides), "96x32")).toEqual([1, 32, 96, 3]);
  });

  test("leaves a model of one size to whoever compares", () => {
    expect(shapeOf(image({}), "32x32")).toEqual([1, 64, 64, 3]);
    expect(shapeOf(array([1, 3, 64, 64], null), "32x32")).toEqual([1, 3, 64, 64]);
  });

  test.each<[string, ImageType | ArrayType]>([
    ["a picture", image({ flexibility: SQUARES })],
    ["a tensor", array([1, 3, 64, 64], { kind: "range", ranges: WIDE.ranges })],
    ["a tensor whose channels come last", array([1, 64, 64, 3], SQUARES)],
  ])("refuses another size than the default of %s", (_, type) => {
    expect(() => shapeOf(type, "48x32")).toThrow(
      'Cannot open model "m.mlpackage": input "x" cannot be 48×32: a Core ML model is run at its ' +
        "default, 64×64; export it at the size you want",
    );
  });

  test.each<[string, ImageType | ArrayType, string]>([
    [
      "a picture of listed sizes",
      image({ width: 0, height: 0, flexibility: SQUARES }),
      " (it can be [32, 32], [64, 64])",
    ],
    ["a picture of no size", image({ width: 0 }), ""],
    [
      "a tensor",
      array(null, { kind: "range", ranges: [...WIDE.ranges] }),
      " (it can be [32–64, 32–])",
    ],
  ])("refuses %s without a default, whatever is asked for", (_, type, sizes) => {
    for (const asked of ["", "64x64"]) {
      expect(() => shapeOf(type, asked)).toThrow(
        `Cannot open model "m.mlpackage": input "x" names no default size${sizes}; export it with one`,
      );
    }
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
