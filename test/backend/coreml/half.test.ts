import { expect, test } from "bun:test";
import { halvesToFloats } from "../../../src/backend/coreml/half.ts";

test("halvesToFloats() knows normal, subnormal and special numbers (IEEE 754, binary16)", () => {
  const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x0000, 0x3555, 0x7c00, 0xfc00];
  const expected = [1, -2, 65504, 2 ** -24, 2 ** -14, 0, 0.333251953125, Infinity, -Infinity];
  expect([...halvesToFloats(Uint16Array.from(halves))]).toEqual(expected);
  expect(halvesToFloats(Uint16Array.from([0x7e00]))[0]).toBeNaN();
});
