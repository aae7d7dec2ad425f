import { expect, test } from "bun:test";
import { referenceOf } from "../../src/learning/reference.ts";

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
