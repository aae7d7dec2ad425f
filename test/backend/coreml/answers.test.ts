import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Answer, detectionFault, tensorFault } from "../../../src/backend/coreml/answers.ts";
import { halvesToFloats } from "../../../src/backend/coreml/half.ts";

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

const ANCHORS = 8400;
const COLUMNS = 84;

/** What a detector of 80 classes answers: boxes in pixels, and scores. */
function decoded(score: (anchor: number, classId: number) => number): Float32Array {
  const values = new Float32Array(COLUMNS * ANCHORS);
  for (const [column, size] of [320, 240, 60, 90].entries()) {
    for (let anchor = 0; anchor < ANCHORS; anchor += 1) {
      values[column * ANCHORS + anchor] = size + (anchor % 80);
    }
  }
  for (let index = 4 * ANCHORS; index < values.length; index += 1) {
    values[index] = score(index % ANCHORS, Math.floor(index / ANCHORS) - 4);
  }
  return values;
}

/** The same with the columns last. */
function transposed(values: Float32Array): Float32Array {
  const turned = new Float32Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    turned[index] = values[(index % COLUMNS) * ANCHORS + Math.floor(index / COLUMNS)] as number;
  }
  return turned;
}

describe("tensorFault() of boxes in pixels and scores", () => {
  const isPerson = (anchor: number, classId: number): boolean => anchor < 20 && classId === 0;
  const sound = decoded((anchor, classId) => (isPerson(anchor, classId) ? 0.8 : 0.001));
  const ofScores = /^channel \d+ of 84 in its answer differs from the CPU's by \d+ %/;
  const wrong = /differs from the CPU's by/;

  test.each([
    ["all 0", () => 0, ofScores],
    ["all 1", () => 1, wrong],
    [
      "of another class",
      (anchor: number, classId: number) => (anchor < 20 && classId === 1 ? 0.8 : 0.001),
      ofScores,
    ],
    [
      "halved",
      (anchor: number, classId: number) => (isPerson(anchor, classId) ? 0.4 : 0),
      ofScores,
    ],
    [
      "of half the objects",
      (anchor: number, classId: number) => (anchor < 10 && classId === 0 ? 0.8 : 0.001),
      ofScores,
    ],
    [
      "rounded",
      (anchor: number, classId: number) => (isPerson(anchor, classId) ? 0.76 : 0.002),
      null,
    ],
    [
      "rounded far in one cell of the background",
      (anchor: number, classId: number) =>
        anchor === 4000 ? 0.3 : isPerson(anchor, classId) ? 0.8 : 0.001,
      null,
    ],
  ] as const)("scores that are %s", (_, score, fault) => {
    for (const [turn, shape] of [
      [(values: Float32Array) => values, [1, COLUMNS, ANCHORS]],
      [transposed, [1, ANCHORS, COLUMNS]],
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
    // Channel 0 is of hundreds, channel 1 of scores, of which the one object is lost: 0.9 of 1.
    const reference = {
      values: Float32Array.of(640, 640, 640, 640, 0, 0.9, 0, 0),
      shape: [1, 2, 2, 2],
    };
    const seen = { ...reference, values: Float32Array.of(640, 640, 640, 640, 0, 0, 0, 0) };
    expect(tensorFault({ seen, reference })).toBe(
      "channel 1 of 2 in its answer differs from the CPU's by 90 %, at most 50 % is rounding",
    );
  });

  test.each([
    ["x and y", 0, 1],
    ["width and height", 2, 3],
    ["two classes", 4, 5],
  ] as const)("%s exchanged are no rounding", (_, one, other) => {
    const seen = sound.slice();
    seen.set(sound.subarray(other * ANCHORS, (other + 1) * ANCHORS), one * ANCHORS);
    seen.set(sound.subarray(one * ANCHORS, (one + 1) * ANCHORS), other * ANCHORS);
    const shape = [1, COLUMNS, ANCHORS];
    const fault = tensorFault({
      seen: { values: seen, shape },
      reference: { values: sound, shape },
    });
    expect(fault).toMatch(wrong);
  });
});

describe("tensorFault() of YOLOX-Nano in half precision", () => {
  // What scripts/gen-rounding-fixture.py has computed: two answers of halves, one after the other.
  const halves = new Uint16Array(
    Bun.gunzipSync(readFileSync(join(import.meta.dir, "../../fixtures/coreml/rounding.bin.gz")))
      .buffer,
  );
  const channels = ["x", "y", "width", "height", "object", "person", "car", "truck"];
  const length = halves.length / 2;
  const answer = (values: Uint16Array): Answer => ({
    values: halvesToFloats(values),
    shape: [1, length / channels.length, channels.length],
  });
  const [reference, seen] = [answer(halves.subarray(0, length)), answer(halves.subarray(length))];

  test("is rounding, though one value is off by a fifth of the greatest", () => {
    expect(length).toBe(3549 * channels.length);
    const gaps = seen.values.map((value, index) =>
      Math.abs(value - (reference.values[index] ?? 0)),
    );
    const greatestY = Math.max(
      ...reference.values.filter((_, index) => index % 8 === 1).map(Math.abs),
    );
    const worstY = Math.max(...gaps.filter((_, index) => index % 8 === 1));
    expect(worstY / greatestY).toBeGreaterThan(0.2);
    expect(tensorFault({ seen, reference })).toBeNull();
  });

  test.each([
    ["scores that are all 0", (value: number, channel: number) => (channel < 4 ? value : 0)],
    ["scores that are all 1", (value: number, channel: number) => (channel < 4 ? value : 1)],
    ["classes that are all 0", (value: number, channel: number) => (channel < 5 ? value : 0)],
  ] as const)("%s are not", (_, change) => {
    const values = seen.values.map((value, index) => change(value, index % channels.length));
    expect(tensorFault({ seen: { ...seen, values }, reference })).toContain("differs from");
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
