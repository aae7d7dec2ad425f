import { expect, test } from "bun:test";
import { readLabelsFrom } from "../../src/cli/labels-from.ts";

test("readLabelsFrom() takes a whole number for COCO annotations, or nothing", () => {
  expect(readLabelsFrom("1", "a.json")).toBe(1);
  expect(readLabelsFrom("0", "A.JSON")).toBe(0);
  expect(readLabelsFrom(undefined, undefined)).toBeUndefined();
});

test.each([
  ["-1", "a.json", 'must be a whole number, such as 0 or 1, not "-1"'],
  ["one", "a.json", 'must be a whole number, such as 0 or 1, not "one"'],
  ["9999999999", "a.json", "must be a whole number"],
  ["1", undefined, "name the labels, too"],
  ["1", "a.ndjson", "--labels-from is for COCO annotations (.json)"],
])("readLabelsFrom() refuses %p for %p", (text, path, message) => {
  expect(() => readLabelsFrom(text, path)).toThrow(message);
});
