import { describe, expect, test } from "bun:test";
import { type Answer, detectionFault, tensorFault } from "../../../src/backend/coreml/answers.ts";

const floats = (...values: number[]): Answer => ({ values: Float32Array.from(values), shape: [] });

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

/** What a detector of 80 classes answers: boxes in pixels, and scores of 20 objects, all persons. */
function decoded(score: (anchor: number, classId: number) => number): Float32Array {
  const [anchors, classes] = [8400, 80];
  const columns = [320, 240, 60, 90].map((size) =>
    Float32Array.from({ length: anchors }, (_, anchor) => size + (anchor % 80)),
  );
  for (let classId = 0; classId < classes; classId += 1) {
    columns.push(Float32Array.from({ length: anchors }, (_, anchor) => score(anchor, classId)));
  }
  return Float32Array.from(columns.flatMap((column) => [...column]));
}

/** The same with the columns last. */
function transposed(values: Float32Array): Float32Array {
  return Float32Array.from(
    values,
    (_, index) => values[(index % 84) * 8400 + Math.floor(index / 84)] ?? 0,
  );
}

describe("tensorFault() of boxes in pixels and scores", () => {
  const isPerson = (anchor: number, classId: number): boolean => anchor < 20 && classId === 0;
  const sound = decoded((anchor, classId) => (isPerson(anchor, classId) ? 0.8 : 0.001));
  const ofScores = /^channel \d+ of 84 in its answer differs from the CPU's by \d+ %/;

  test.each([
    ["all 0", () => 0, ofScores],
    ["all 1", () => 1, ofScores],
    [
      "of another class",
      (anchor: number, classId: number) => (anchor < 20 && classId === 1 ? 0.8 : 0.001),
      ofScores,
    ],
    [
      "rounded",
      (anchor: number, classId: number) => (isPerson(anchor, classId) ? 0.76 : 0.03),
      null,
    ],
  ] as const)("scores that are %s", (_, score, fault) => {
    for (const [turn, shape] of [
      [(values: Float32Array) => values, [1, 84, 8400]],
      [transposed, [1, 8400, 84]],
    ] as const) {
      const found = tensorFault({
        seen: { values: turn(decoded(score)), shape },
        reference: { values: turn(sound), shape },
      });
      if (fault === null) expect(found).toBeNull();
      else expect(found).toMatch(fault);
    }
  });

  test("channels of a map come first", () => {
    // Channel 0 is of hundreds, channel 1 of scores, of which the one object is lost.
    const reference = {
      values: Float32Array.of(640, 640, 640, 640, 0, 0.9, 0, 0),
      shape: [1, 2, 2, 2],
    };
    const seen = { ...reference, values: Float32Array.of(640, 640, 640, 640, 0, 0, 0, 0) };
    expect(tensorFault({ seen, reference })).toBe(
      "channel 1 of 2 in its answer differs from the CPU's by 100 %, at most 20 % is rounding",
    );
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
