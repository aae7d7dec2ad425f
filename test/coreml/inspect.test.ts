import { describe, expect, test } from "bun:test";
import { coreMlFormat, inspectCoreMl } from "../../src/coreml/inspect.ts";
import type { Feature, FeatureType } from "../../src/coreml/inspection.ts";
import {
  type ExpectedFeature,
  expectedOf,
  FIXTURE_NAMES,
  type FixtureName,
  fixturePath,
} from "./fixtures.ts";

const COLORS: Readonly<Record<string, string>> = {
  RGB: "rgb",
  BGR: "bgr",
  GRAYSCALE: "gray",
  GRAYSCALE_FLOAT16: "gray16",
};
const DTYPES: Readonly<Record<string, string>> = {
  FLOAT16: "float16",
  FLOAT32: "float32",
  DOUBLE: "float64",
  INT32: "int32",
};
const ELEMENT_BYTES: Readonly<Record<string, number>> = { FLOAT16: 2, FLOAT32: 4 };

function flexibility({ enumerated, ranges }: ExpectedFeature): unknown {
  if (enumerated !== undefined) return { kind: "enumerated", shapes: enumerated };
  if (ranges === undefined) return null;
  return {
    kind: "range",
    ranges: ranges.map(([min, max]) => ({ min, max: max < 0 ? null : max })),
  };
}

/** The type of an input as this program should call it. */
function typeOf(given: ExpectedFeature): unknown {
  const { kind, width, height, color = "", dtype = "", shape = [] } = given;
  switch (kind) {
    case "imageType":
      return { kind: "image", width, height, color: COLORS[color], flexibility: null };
    case "multiArrayType": {
      const known = shape.length === 0 ? null : shape;
      const rest = { shape: known, flexibility: flexibility(given) };
      return { kind: "multi-array", dtype: DTYPES[dtype], ...rest };
    }
    case "dictionaryType":
      return { kind: "dictionary", keys: "string" };
    default:
      return { kind: kind.replace("Type", "") };
  }
}

function features(given: readonly ExpectedFeature[]): readonly unknown[] {
  return given.map((each) => ({
    name: each.name,
    type: typeOf(each),
    optional: each.optional,
    description: "",
  }));
}

function types(given: readonly Feature[]): readonly FeatureType[] {
  return given.map(({ type }) => type);
}

describe("inspectCoreMl() reads what coremltools reads:", () => {
  test.each(FIXTURE_NAMES)("features of %s", (name) => {
    const { functions } = inspectCoreMl(fixturePath(name));
    const expected = expectedOf(name);
    const several = Object.entries(expected.functions);
    if (several.length === 0) several.push(["main", expected]);
    expect(functions.map((each) => each.name)).toEqual(several.map(([each]) => each));
    for (const [index, [, { inputs }]] of several.entries()) {
      expect(functions[index]?.inputs).toEqual(features(inputs) as Feature[]);
    }
    expect(functions[0]?.predictedLabel ?? "").toBe(expected.predicted[0]);
    expect(functions[0]?.predictedScores ?? "").toBe(expected.predicted[1]);
  });

  test.each(FIXTURE_NAMES)("everything else of %s", (name) => {
    const found = inspectCoreMl(fixturePath(name));
    const { kinds, specVersion, metadata, author, description, licence, operations } =
      expectedOf(name);
    const said = { kinds: [...kinds], specVersion, metadata, author, description, licence };
    expect(found).toMatchObject({ ...said, operations });
    expect(Object.keys(found.operations)).toHaveLength(Object.keys(operations).length);
  });

  // Layers of networks hold their weights in fields of their own.
  test.each(FIXTURE_NAMES.filter((name) => name.endsWith("package")))("weights of %s", (name) => {
    const elements = Object.entries(expectedOf(name).weightElements);
    const bytes = elements.map(([dtype, count]): [string, number] => [
      DTYPES[dtype] ?? dtype,
      count * (ELEMENT_BYTES[dtype] ?? 0),
    ]);
    expect(inspectCoreMl(fixturePath(name)).weightBytes).toEqual(Object.fromEntries(bytes));
  });

  test("the suppression at the end of a pipeline", () => {
    const { nms, labels } = expectedOf("nms.mlpackage");
    expect(inspectCoreMl(fixturePath("nms.mlpackage")).suppression).toEqual({
      confidence: nms?.["confidence"] as string,
      coordinates: nms?.["coordinates"] as string,
      iouInput: "iouThreshold",
      confidenceInput: "confidenceThreshold",
      iouThreshold: nms?.["iouThreshold"] as number,
      confidenceThreshold: nms?.["confidenceThreshold"] as number,
      perClass: nms?.["perClass"] as boolean,
      labels: labels as string[],
    });
  });

  test("the classes of a network", () => {
    const [main] = inspectCoreMl(fixturePath("network.mlmodel")).functions;
    expect(main?.labels).toEqual(expectedOf("network.mlmodel").labels as string[]);
  });
});

describe("inspectCoreMl()", () => {
  test("reads the classes of an ML Program, as the script gave them", () => {
    const [main] = inspectCoreMl(fixturePath("classifier.mlpackage")).functions;
    expect(main?.labels).toEqual(["empty", "few", "many"]);
  });

  test("takes shapes from the program where the description has none", () => {
    const outputs = (name: FixtureName): readonly FeatureType[] =>
      types(inspectCoreMl(fixturePath(name)).functions[0]?.outputs ?? []);
    const maps = {
      kind: "multi-array",
      dtype: "float32",
      shape: [1, 2, -1, -1],
      flexibility: null,
    };
    expect(outputs("range.mlpackage")).toEqual([maps as FeatureType]);
    expect(outputs("nms.mlpackage")[0]).toMatchObject({
      shape: null,
      flexibility: {
        kind: "range",
        ranges: [
          { min: 0, max: null },
          { min: 80, max: 80 },
        ],
      },
    });
  });

  test("begins with the default of several functions", () => {
    const { functions } = inspectCoreMl(fixturePath("multi-function.mlpackage"));
    expect(functions.map(({ name }) => name)).toEqual(["coarse", "fine"]);
    expect(types(functions[1]?.outputs ?? [])).toMatchObject([{ shape: [1, 5] }]);
  });

  test("names the first system that reads a specification", () => {
    expect(inspectCoreMl(fixturePath("detector.mlpackage")).needs).toBe("macOS 13");
    expect(inspectCoreMl(fixturePath("multi-function.mlpackage")).needs).toBe("macOS 15");
    expect(inspectCoreMl(fixturePath("network.mlmodel")).needs).toBe("macOS 10.13");
  });

  test("counts the weights of a network by what its layers hold", () => {
    // 9·9·3·4 + 3·3·4·4 + 2·4 floats of two convolutions and a linear layer.
    const { weightBytes } = inspectCoreMl(fixturePath("network.mlmodel"));
    expect(weightBytes).toEqual({ float32: 4 * (972 + 144 + 8) });
  });

  test("tells in what type operations compute", () => {
    const halves = inspectCoreMl(fixturePath("detector.mlpackage")).computeTypes;
    expect(halves).toEqual({ float16: 14 });
    expect(inspectCoreMl(fixturePath("network.mlmodel")).computeTypes).toBeNull();
  });

  test("finds what leaves the Neural Engine, in programs, their loops and networks", () => {
    const found = (name: FixtureName): readonly string[] =>
      inspectCoreMl(fixturePath(name)).leavesNeuralEngine.map(
        ({ operation, count, why }) => `${count} ${operation} ${why}`,
      );
    expect(found("range.mlpackage")).toEqual([
      "1 gather reads by index",
      "1 conv dilated",
      "1 conv kernel above 7",
      "1 max_pool window above 7",
      "1 while_loop control flow",
      expect.stringMatching(/^\d+ float32 result of more than 16 bits$/),
      "1 input takes several shapes",
    ]);
    expect(found("nms.mlpackage")).toEqual(["1 nonMaximumSuppression a stage beside the network"]);
    expect(found("classifier.mlpackage")).toEqual([
      expect.stringMatching(/^\d+ float32 result of more than 16 bits$/),
    ]);
    expect(found("network.mlmodel")).toEqual([
      "1 convolution dilated",
      "1 convolution kernel above 7",
      "1 pooling window above 7",
    ]);
    expect(found("detector.mlpackage")).toEqual([]);
  });

  test("takes a path with a slash at its end", () => {
    const path = fixturePath("detector.mlpackage");
    expect(inspectCoreMl(`${path}/`)).toEqual(inspectCoreMl(path));
  });

  test("refuses a newer specification and says which are read", () => {
    const path = fixturePath("newer.mlmodel");
    expect(() => inspectCoreMl(path)).toThrow(
      `Cannot open model "${path}": it has Core ML specification version 99, versions 1 to 10 (macOS 26) are read`,
    );
  });
});

test("coreMlFormat() goes by the ending", () => {
  expect(coreMlFormat("a/b.mlpackage/")).toBe("mlpackage");
  expect(coreMlFormat("B.MLMODEL")).toBe("mlmodel");
  expect(coreMlFormat("b.mlmodelc")).toBe("mlmodelc");
  expect(coreMlFormat("mlpackage")).toBeUndefined();
  expect(coreMlFormat("b.onnx")).toBeUndefined();
});
