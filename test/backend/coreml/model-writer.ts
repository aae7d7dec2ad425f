import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** An input or output of a model written for a test. */
export interface WrittenFeature {
  readonly name: string;
  readonly type:
    | { readonly image: readonly [width: number, height: number]; readonly color: keyof Colors }
    | { readonly array: readonly number[]; readonly dtype: keyof Dtypes }
    | "double"
    | "string"
    | "probabilities";
}

/** What the Core ML of the tests must know besides, see swift/StandIn/README.md. */
export interface StandInFile {
  readonly onnx?: string;
  readonly functions?: Readonly<Record<string, string>>;
  readonly input?: {
    readonly scale?: number;
    readonly mean?: readonly number[];
    readonly std?: readonly number[];
    readonly channels?: "rgb" | "bgr";
  };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly pipeline?: {
    readonly layout: string;
    readonly strides?: readonly number[];
    readonly classes?: number;
  };
  readonly labels?: readonly string[];
  readonly faults?: string;
}

export interface WrittenModel {
  readonly inputs: readonly WrittenFeature[];
  readonly outputs: readonly WrittenFeature[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** A classifier's outputs of the best label and of all scores. */
  readonly classifier?: { readonly label: string; readonly scores: string };
  readonly standIn: StandInFile;
}

type Colors = typeof COLORS;
type Dtypes = typeof DTYPES;

const VARINT = 0;
const BYTES = 2;
/** FeatureTypes.proto of coremltools. */
const COLORS = { gray: 10, rgb: 20, bgr: 30, gray16: 40 } as const;
const DTYPES = { float16: 65552, float32: 65568, float64: 65600, int32: 131104 } as const;
/** Model.proto. */
const PROGRAM = 502;

/**
 * Writes a Core ML model that has a description and no network of its own; the stand-in's file
 * beside it says which network it stands for.
 *
 * @param path Ends in `.mlmodel` or `.mlpackage`.
 */
export function writeModel(path: string, model: WrittenModel): string {
  const bytes = specification(model);
  const standIn = JSON.stringify(model.standIn);
  if (path.endsWith(".mlmodel")) {
    writeFileSync(path, bytes);
    writeFileSync(path.replace(/\.mlmodel$/, ".standin.json"), standIn);
    return path;
  }
  const file = join(path, "Data/com.apple.CoreML/model.mlmodel");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  writeFileSync(join(path, "standin.json"), standIn);
  const item = { author: "com.apple.CoreML", name: "model.mlmodel", description: "" };
  const entries = { root: { ...item, path: "com.apple.CoreML/model.mlmodel" } };
  const manifest = { fileFormatVersion: "1.0.0", itemInfoEntries: entries };
  const json = JSON.stringify({ ...manifest, rootModelIdentifier: "root" });
  writeFileSync(join(path, "Manifest.json"), json);
  return path;
}

function specification({ inputs, outputs, metadata = {}, classifier }: WrittenModel): Uint8Array {
  const description = new BinaryWriter();
  for (const input of inputs) message(description, 1, feature(input));
  for (const output of outputs) message(description, 10, feature(output));
  if (classifier !== undefined) {
    description.tag(11, BYTES).string(classifier.label);
    description.tag(12, BYTES).string(classifier.scores);
  }
  const said = new BinaryWriter();
  for (const [key, value] of Object.entries(metadata)) {
    const entry = new BinaryWriter().tag(1, BYTES).string(key).tag(2, BYTES).string(value);
    message(said, 100, entry);
  }
  message(description, 100, said);
  const model = new BinaryWriter().tag(1, VARINT).int32(7);
  message(model, 2, description);
  message(model, PROGRAM, new BinaryWriter());
  return model.finish();
}

function feature({ name, type }: WrittenFeature): BinaryWriter {
  const kind = new BinaryWriter();
  if (type === "double") message(kind, 2, new BinaryWriter());
  else if (type === "string") message(kind, 3, new BinaryWriter());
  else if (type === "probabilities") {
    const dictionary = new BinaryWriter();
    message(dictionary, 2, new BinaryWriter());
    message(kind, 6, dictionary);
  } else if ("image" in type) {
    const [width, height] = type.image;
    const image = new BinaryWriter().tag(1, VARINT).int32(width).tag(2, VARINT).int32(height);
    message(kind, 4, image.tag(3, VARINT).int32(COLORS[type.color]));
  } else {
    const array = new BinaryWriter();
    for (const side of type.array) array.tag(1, VARINT).int32(side);
    message(kind, 5, array.tag(2, VARINT).int32(DTYPES[type.dtype]));
  }
  const written = new BinaryWriter().tag(1, BYTES).string(name);
  message(written, 3, kind);
  return written;
}

function message(writer: BinaryWriter, number: number, inner: BinaryWriter): void {
  writer.tag(number, BYTES).bytes(inner.finish());
}
