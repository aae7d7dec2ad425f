import { describe, expect, test } from "bun:test";
import { detectionFault, tensorFault } from "../../../src/backend/coreml/answers.ts";

const floats = (...values: number[]): Float32Array => Float32Array.from(values);

describe("tensorFault()", () => {
  test.each([
    ["the same", [3, 4], [3, 4], null],
    ["rounded", [3.01, 4.01], [3, 4], null],
    ["nothing at all", [0, 0], [0, 0], null],
    // |(0, 1)| / |(3, 4)| = 1 / 5
    [
      "off by a fifth",
      [3, 5],
      [3, 4],
      "its answer differs from the CPU's by 20 %, at most 10 % is rounding",
    ],
    ["of another length", [3], [3, 4], "it gives 1 values, the CPU gives 2"],
  ] as const)("of values that are %s", (_, seen, reference, fault) => {
    expect(tensorFault({ seen: floats(...seen), reference: floats(...reference) })).toBe(fault);
  });

  test("is found where something stands for nothing", () => {
    expect(tensorFault({ seen: floats(1), reference: floats(0) })).toContain("differs");
  });
});

describe("detectionFault()", () => {
  const person = [0, 0, 10, 10, 0.9, 0];
  const weak = [50, 50, 60, 60, 0.3, 0];

  test.each([
    ["the same", [...person], [...person], null],
    ["moved by a pixel", [1, 0, 11, 10, 0.88, 0], person, null],
    ["without a weak one", person, [...person, ...weak], null],
    [
      "of another class",
      [0, 0, 10, 10, 0.9, 1],
      person,
      "it misses 1 of the CPU's detections and has 1 of its own",
    ],
    ["none", [], person, "it misses 1 of the CPU's detections and has 0 of its own"],
    [
      "elsewhere",
      [40, 0, 50, 10, 0.9, 0],
      person,
      "it misses 1 of the CPU's detections and has 1 of its own",
    ],
  ] as const)("of detections that are %s", (_, seen, reference, fault) => {
    expect(detectionFault({ seen: floats(...seen), reference: floats(...reference) })).toBe(fault);
  });
});
