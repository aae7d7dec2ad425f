import type { Feature, FeatureType, Flexibility, ImageType } from "./inspection.ts";

/** A feature as the compiler writes it (coremltools, `FeatureType::toDictionary`). */
export type RawFeature = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly type: string;
};

/** Reads a feature of `inputSchema` or `outputSchema`; all its values are texts. */
export function readCompiledFeature(raw: RawFeature): Feature {
  return {
    name: raw.name,
    type: featureType(raw),
    optional: raw["isOptional"] === "1",
    description: typeof raw["shortDescription"] === "string" ? raw["shortDescription"] : "",
  };
}

function featureType(raw: RawFeature): FeatureType {
  switch (raw.type) {
    case "Image":
      return {
        kind: "image",
        width: Number(raw["width"]) || 0,
        height: Number(raw["height"]) || 0,
        color: COLORS[String(raw["colorspace"])] ?? "unknown",
        flexibility: swapped(flexibilityOf(raw["enumeratedSizes"], raw["sizeRange"])),
      };
    case "MultiArray": {
      const shape = numbersOf(raw["shape"]);
      return {
        kind: "multi-array",
        dtype: DTYPES[String(raw["dataType"])] ?? String(raw["dataType"]),
        shape: shape.length === 0 ? null : shape,
        flexibility: flexibilityOf(raw["enumeratedShapes"], raw["shapeRange"]),
      };
    }
    case "Dictionary":
      return { kind: "dictionary", keys: raw["keyType"] === "Int64" ? "int64" : "string" };
    case "Sequence":
      return { kind: "sequence", items: raw["valueType"] === "Int64" ? "int64" : "string" };
    case "String":
      return { kind: "string" };
    case "Int64":
      return { kind: "int64" };
    case "Double":
      return { kind: "double" };
    default:
      return { kind: "unknown" };
  }
}

const COLORS: Readonly<Record<string, ImageType["color"]>> = {
  RGB: "rgb",
  BGR: "bgr",
  Grayscale: "gray",
  Grayscale16Half: "gray16",
};

const DTYPES: Readonly<Record<string, string>> = {
  Float16: "float16",
  Float32: "float32",
  Double: "float64",
  Int32: "int32",
  Int8: "int8",
};

/** Lists stand in texts: `"[[1, 3], [32, 64]]"`. */
function flexibilityOf(enumerated: unknown, range: unknown): Flexibility | null {
  const shapes = listsOf(enumerated);
  if (shapes.length > 0) return { kind: "enumerated", shapes };
  const ranges = listsOf(range);
  if (ranges.length === 0) return null;
  const ends = ranges.map(([min = 0, max = -1]) => ({ min, max: max < 0 ? null : max }));
  return { kind: "range", ranges: ends };
}

/** Sizes stand there as width and height. */
function swapped(flexibility: Flexibility | null): Flexibility | null {
  if (flexibility?.kind === "enumerated") {
    return { ...flexibility, shapes: flexibility.shapes.map((size) => size.toReversed()) };
  }
  return flexibility && { ...flexibility, ranges: flexibility.ranges.toReversed() };
}

function listsOf(value: unknown): number[][] {
  if (typeof value !== "string") return [];
  return Array.from(value.matchAll(/\[([^[\]]*)\]/g), ([, list = ""]) => numbersOf(`[${list}]`));
}

function numbersOf(value: unknown): number[] {
  if (typeof value !== "string") return [];
  return Array.from(value.matchAll(/-?\d+/g), ([digits]) => Number(digits));
}
