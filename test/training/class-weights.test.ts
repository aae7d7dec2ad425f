import { describe, expect, test } from "bun:test";
import { classWeights, weightedLoss } from "../../src/training/class-weights.ts";

describe("classWeights()", () => {
  test("weighs by the square root of the share, the mean over all examples being 1", () => {
    // One of five: 1/√0.2 to 1/√0.8 is 2 to 1, and (2 + 4·1)/5 = 1.2.
    const { absent, present } = classWeights(Uint8Array.of(1, 0, 0, 0, 0));
    expect(absent).toBeCloseTo(1 / 1.2, 12);
    expect(present).toBeCloseTo(2 / 1.2, 12);
  });

  test("weighs equal shares equally", () => {
    expect(classWeights(Uint8Array.of(1, 0))).toEqual({ absent: 1, present: 1 });
  });
});

describe("weightedLoss()", () => {
  test("is the mean weighted cross-entropy", () => {
    const scores = Float32Array.of(0.25, 0.5);
    const loss = weightedLoss(scores, Uint8Array.of(1, 0), { absent: 1, present: 3 });
    // (3·ln 4 + ln 2) / 2 = 3.5·ln 2.
    expect(loss).toBeCloseTo(3.5 * Math.LN2, 6);
  });

  test("stays finite where a network is sure and wrong", () => {
    const loss = weightedLoss(Float32Array.of(0), Uint8Array.of(1), { absent: 1, present: 1 });
    // −ln 10⁻⁷
    expect(loss).toBeCloseTo(16.118, 3);
  });
});
