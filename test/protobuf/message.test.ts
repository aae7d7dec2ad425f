import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import {
  bigintsOf,
  intField,
  intsOf,
  readFields,
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

test("a message cut short is refused", () => {
  expect(() => readFields(Buffer.from("1207746573", "hex"))).toThrow();
});
