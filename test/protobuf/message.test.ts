import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import {
  bigintsOf,
  bytesField,
  fieldsOf,
  floatField,
  intField,
  intOf,
  intsOf,
  mapOf,
  readFields,
  realOf,
  textField,
  textOf,
  writeFields,
} from "../../src/protobuf/message.ts";

const FIXTURES = join(import.meta.dir, "..", "fixtures");
const MODELS = ["models/yolo*.onnx", "native/heads.onnx", "focus/*.onnx"].flatMap((pattern) =>
  Array.from(new Glob(pattern).scanSync(FIXTURES)),
);

test.each(MODELS)("%s is written as it was read", (name) => {
  const model = new Uint8Array(readFileSync(join(FIXTURES, name)));
  expect(writeFields(readFields(model))).toEqual(model);
});

test("fields are written as the encoding's documentation has them", () => {
  // "message Test1 { int32 a = 1; }" with a = 150, and "string b = 2" with "testing":
  // https://protobuf.dev/programming-guides/encoding/
  const bytes = writeFields([intField(1, 150), textField(2, "testing")]);
  expect(Buffer.from(bytes).toString("hex")).toBe("08960112077465737469 6e67".replace(" ", ""));
});

test("numbers are read packed and one by one", () => {
  // "repeated int32 f = 6 [packed]" with 3, 270, 86942 of the same page; and unpacked.
  const packed = readFields(Buffer.from("3206038e029ea705", "hex"));
  expect(intsOf(packed, 6)).toEqual([3, 270, 86942]);
  expect(intsOf(readFields(writeFields([intField(6, 3), intField(6, -270)])), 6)).toEqual([
    3, -270,
  ]);
});

test("numbers of 64 bits are whole", () => {
  const most = readFields(Buffer.from("08ffffffffffffffff7f", "hex"));
  expect(bigintsOf(most, 1)).toEqual([2n ** 63n - 1n]);
});

test("the last of several texts counts, and none is empty", () => {
  const fields = readFields(writeFields([textField(2, "a"), textField(2, "b")]));
  expect(textOf(fields, 2)).toBe("b");
  expect(textOf(fields, 3)).toBe("");
});

test("floats and doubles are read by their wire type", () => {
  // 1.5 as IEEE 754 single in field 1, 0.1 as double in field 2.
  const fields = readFields(Buffer.from("0d0000c03f119a9999999999b93f", "hex"));
  expect(realOf(fields, 1)).toBe(1.5);
  expect(writeFields([floatField(1, 1.5)])).toEqual(new Uint8Array([0x0d, 0, 0, 0xc0, 0x3f]));
  expect(realOf(fields, 2)).toBe(0.1);
  expect(realOf(fields, 3)).toBeUndefined();
  expect(realOf(readFields(writeFields([intField(1, 7)])), 1)).toBeUndefined();
});

test("maps are repeated entries of key 1 and value 2, the last of a key counts", () => {
  const entry = (key: string, value: number): Uint8Array =>
    writeFields([textField(1, key), bytesField(2, Uint8Array.of(value))]);
  const fields = readFields(
    writeFields([
      bytesField(4, entry("a", 1)),
      bytesField(4, entry("b", 2)),
      bytesField(4, entry("a", 3)),
    ]),
  );
  expect([...mapOf(fields, 4)]).toEqual([
    ["a", Uint8Array.of(3)],
    ["b", Uint8Array.of(2)],
  ]);
});

test("a message and a number that are not set have no fields and the value for that", () => {
  const fields = readFields(
    writeFields([intField(1, 7), bytesField(2, writeFields([intField(3, 9)]))]),
  );
  expect(intOf(fieldsOf(fields, 2), 3)).toBe(9);
  expect(fieldsOf(fields, 5)).toEqual([]);
  expect(intOf(fields, 5)).toBe(0);
  expect(intOf(fields, 5, -1)).toBe(-1);
});

test("texts and floats are not taken for numbers", () => {
  const fields = readFields(Buffer.from("0d0000c03f", "hex"));
  expect(intsOf(fields, 1)).toEqual([]);
});

test("more fields than any message has are refused", () => {
  expect(() => readFields(Buffer.alloc(2_000_002, "0801", "hex"))).toThrow(
    "more than 1000000 fields",
  );
});

test("a message cut short is refused", () => {
  expect(() => readFields(Buffer.from("1207746573", "hex"))).toThrow();
});
