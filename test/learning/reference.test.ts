import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AipError } from "../../src/errors.ts";
import { referenceOf } from "../../src/learning/reference.ts";
import { writeReference } from "./lit-street.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-reference-"));
afterAll(() => rmSync(folder, { recursive: true }));

const classesOf = (...classes: string[]) => referenceOf("demo", "cpu", { classes }).classes;

test("referenceOf() names the classes that are asked for, given by name or number", () => {
  expect(classesOf("person")).toEqual(["person"]);
  expect(classesOf("1")).toEqual(["person"]);
  expect(classesOf("Person", "0")).toEqual(["vehicle", "person"]);
});

test("referenceOf() refuses names and numbers that the model does not have", () => {
  expect(() => classesOf("zebra")).toThrow(
    'Unknown class "zebra" (known: "vehicle", "person", "cyclist")',
  );
  expect(() => classesOf("3")).toThrow(`Unknown class "3": the model's classes are 0 to 2`);
});

test("referenceOf() refuses a region that no box of a classification has its centre in", () => {
  const model = writeReference(folder);
  const asked = (region: readonly [number, number, number, number] | null) =>
    referenceOf(model, "cpu", { classes: ["person"], region }).classes;
  // Its box is the whole picture, whose centre is at one half.
  expect(() => asked([0, 0.55, 1, 1])).toThrow(
    '"contrast" classifies the whole picture, and the middle of that is not in the region',
  );
  expect(() => asked([0.51, 0, 1, 1])).toThrow(AipError);
  expect(asked([0, 0.45, 1, 1])).toEqual(["person"]);
  expect(asked(null)).toEqual(["person"]);
  const lower = { classes: ["person"], region: [0, 0.55, 1, 1] } as const;
  expect(referenceOf("demo", "cpu", lower).classes).toEqual(["person"]);
});
