import { expect, test } from "bun:test";
import { AipError } from "../../src/errors.ts";
import {
  footageOf,
  type Observations,
  packObservations,
  unpackObservations,
} from "../../src/learning/observations.ts";

/** Two frames' worth of everything in tuning, three in the held-out span. */
function sample(): Observations {
  const gate = (...codes: number[]): Uint8Array => Uint8Array.from(codes);
  const scores = (...values: number[]): Float32Array => Float32Array.from(values);
  return {
    fps: 15,
    kind: {
      mode: "reference",
      reference: Uint8Array.from([1, 2, 3]),
      blocks: { weights: Float32Array.from({ length: 100 }, (_, i) => i / 3), bias: -0.5 },
    },
    tSkips: [1, 2],
    tDiffs: [null, 0.25],
    networks: ["a", "b"],
    tuning: {
      reference: gate(0, 1),
      truth: gate(0, 2),
      gates: [gate(1, 1), gate(1, 0), gate(1, 0), gate(2, 0)],
      scores: [scores(0.5, 0.25), scores(0, 1)],
    },
    heldOut: {
      reference: gate(1, 1, 0),
      truth: gate(1, 1, 0),
      gates: [gate(1, 1, 1), gate(1, 0, 1), gate(1, 0, 1), gate(1, 0, 2)],
      scores: [scores(0.125, 0.75, 1), scores(1, 1, 1)],
    },
  };
}

test("unpackObservations() gives back what was packed, bit by bit", () => {
  expect(unpackObservations(packObservations(sample()))).toEqual(sample());
});

test("unpackObservations() refuses what is cut short or no such thing", () => {
  const packed = packObservations(sample());
  for (const bytes of [packed.subarray(0, -5), Uint8Array.of(1, 2, 3), new Uint8Array()]) {
    expect(() => unpackObservations(bytes)).toThrow(AipError);
  }
});

test("footageOf() finds gates and scores by what they are of", () => {
  const observations = sample();
  const footage = footageOf(observations, observations.heldOut);
  expect([...footage.anchors(1, null)]).toEqual([0, 1, 2]);
  expect([...footage.anchors(1, 0.25)]).toEqual([0, 0, 2]);
  expect([...footage.anchors(2, 0.25)]).toEqual([0, 0, 0xffffffff]);
  expect([...footage.scores("b")]).toEqual([1, 1, 1]);
  expect(() => footage.anchors(3, null)).toThrow(RangeError);
  expect(() => footage.scores("c")).toThrow(RangeError);
});
