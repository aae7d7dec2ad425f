import {
  bytesOf,
  type Field,
  fieldsOf,
  intOf,
  intsOf,
  lastBytes,
  readFields,
  textOf,
} from "../protobuf/message.ts";
import type {
  ArrayType,
  Feature,
  FeatureType,
  Flexibility,
  ImageType,
  SizeRange,
} from "./inspection.ts";

/** Field numbers of `FeatureDescription` and of what it holds (Model.proto, FeatureTypes.proto). */
const Description = { name: 1, shortDescription: 2, type: 3 } as const;
const Type = {
  int64: 1,
  double: 2,
  string: 3,
  image: 4,
  multiArray: 5,
  dictionary: 6,
  sequence: 7,
  state: 8,
  isOptional: 1000,
} as const;
const Image = { width: 1, height: 2, colorSpace: 3, enumerated: 21, range: 31 } as const;
const MultiArray = { shape: 1, dataType: 2, enumerated: 21, range: 31 } as const;
const SizeRangeField = { lower: 1, upper: 2 } as const;
/** `DictionaryFeatureType` and `SequenceFeatureType` have texts where they have no numbers. */
const DICTIONARY_INT64 = 1;
const SEQUENCE_INT64 = 1;

const COLORS: Readonly<Record<number, ImageType["color"]>> = {
  10: "gray",
  20: "rgb",
  30: "bgr",
  40: "gray16",
};

/** `ArrayFeatureType.ArrayDataType`: 0x10000 a float, 0x20000 a signed number, and its bits. */
const ARRAY_DTYPES: Readonly<Record<number, string>> = {
  65552: "float16",
  65568: "float32",
  65600: "float64",
  131080: "int8",
  131104: "int32",
};

/** More dimensions than any tensor has; a list this long is damage. */
const RANK_MAX = 32;
/** Bytes of the longest number. */
const VARINT_BYTES_MAX = 10;

/** Reads a `FeatureDescription`. @throws {Error} where the bytes are none */
export function readFeature(message: Uint8Array): Feature {
  const fields = readFields(message);
  const type = fieldsOf(fields, Description.type);
  return {
    name: textOf(fields, Description.name),
    type: featureType(type),
    optional: intOf(type, Type.isOptional) !== 0,
    description: textOf(fields, Description.shortDescription),
  };
}

/** A list of dimensions. @throws {Error} where there are more than any tensor has */
export function dimensionsOf(fields: readonly Field[], no: number): number[] {
  const sizeBytes = bytesOf(fields, no).reduce((sum, bytes) => sum + bytes.length, 0);
  if (sizeBytes > RANK_MAX * VARINT_BYTES_MAX) throw new Error("a shape of too many dimensions");
  return intsOf(fields, no);
}

function featureType(fields: readonly Field[]): FeatureType {
  for (const { no } of fields.toReversed()) {
    switch (no) {
      case Type.image:
        return imageType(fieldsOf(fields, no));
      case Type.multiArray:
        return arrayType(fieldsOf(fields, no));
      case Type.int64:
        return { kind: "int64" };
      case Type.double:
        return { kind: "double" };
      case Type.string:
        return { kind: "string" };
      case Type.dictionary: {
        const holdsNumbers = bytesOf(fieldsOf(fields, no), DICTIONARY_INT64).length > 0;
        return { kind: "dictionary", keys: holdsNumbers ? "int64" : "string" };
      }
      case Type.sequence: {
        const holdsNumbers = bytesOf(fieldsOf(fields, no), SEQUENCE_INT64).length > 0;
        return { kind: "sequence", items: holdsNumbers ? "int64" : "string" };
      }
      case Type.state: {
        const { dtype, shape } = arrayType(fieldsOf(fieldsOf(fields, no), 1));
        return { kind: "state", dtype, shape: shape ?? [] };
      }
    }
  }
  return { kind: "unknown" };
}

function imageType(fields: readonly Field[]): ImageType {
  return {
    kind: "image",
    width: intOf(fields, Image.width),
    height: intOf(fields, Image.height),
    color: COLORS[intOf(fields, Image.colorSpace)] ?? "unknown",
    flexibility: imageFlexibility(fields),
  };
}

function imageFlexibility(fields: readonly Field[]): Flexibility | null {
  const enumerated = lastBytes(fields, Image.enumerated);
  if (enumerated !== undefined) {
    const sizes = bytesOf(readFields(enumerated), 1).map(readFields);
    const shapes = sizes.map((size) => [intOf(size, Image.height), intOf(size, Image.width)]);
    return { kind: "enumerated", shapes };
  }
  const range = lastBytes(fields, Image.range);
  if (range === undefined) return null;
  const sides = readFields(range);
  return {
    kind: "range",
    ranges: [Image.height, Image.width].map((no) => sizeRange(fieldsOf(sides, no))),
  };
}

function arrayType(fields: readonly Field[]): ArrayType {
  const shape = dimensionsOf(fields, MultiArray.shape);
  const dataType = intOf(fields, MultiArray.dataType);
  return {
    kind: "multi-array",
    dtype: ARRAY_DTYPES[dataType] ?? `type ${dataType}`,
    shape: shape.length === 0 ? null : shape,
    flexibility: arrayFlexibility(fields),
  };
}

function arrayFlexibility(fields: readonly Field[]): Flexibility | null {
  const enumerated = lastBytes(fields, MultiArray.enumerated);
  if (enumerated !== undefined) {
    const shapes = bytesOf(readFields(enumerated), 1).map(readFields);
    return { kind: "enumerated", shapes: shapes.map((shape) => dimensionsOf(shape, 1)) };
  }
  const range = lastBytes(fields, MultiArray.range);
  if (range === undefined) return null;
  return { kind: "range", ranges: bytesOf(readFields(range), 1).map(readFields).map(sizeRange) };
}

function sizeRange(fields: readonly Field[]): SizeRange {
  const upper = intOf(fields, SizeRangeField.upper);
  return { min: intOf(fields, SizeRangeField.lower), max: upper < 0 ? null : upper };
}
