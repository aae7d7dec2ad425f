import { describe, expect, test } from "bun:test";
import { countBelow, logistic, logit, ScoreTail } from "../../src/cascade/score-tail.ts";
import { mulberry32 } from "../../src/random.ts";

describe("logit()", () => {
  test("is ln(p / (1 − p)), and logistic() the way back", () => {
    expect(logit(0.5)).toBe(0);
    expect(logit(0.9)).toBeCloseTo(Math.log(9), 12);
    expect(logistic(logit(0.123))).toBeCloseTo(0.123, 12);
  });

  test("of scores that have come to 0 or 1 is finite", () => {
    expect(logit(0)).toBeCloseTo(-16.1181, 3);
    expect(logit(1)).toBeCloseTo(16.1181, 3);
  });
});

test("countBelow() counts what is below, and not what is equal", () => {
  expect([0, 1, 1.5, 2, 9].map((limit) => countBelow([1, 1, 2, 3], limit))).toEqual([
    0, 0, 2, 2, 4,
  ]);
  expect(countBelow([], 1)).toBe(0);
});

describe("ScoreTail", () => {
  // 0 to 19: the least ten are the tail, which begins at 9; (9 + 8 + … + 1) / 9 = 5.
  const tail = new ScoreTail(Float64Array.from({ length: 20 }, (_, index) => 19 - index));

  test("has the mean distance to where it begins as its scale", () => {
    expect(tail.scale).toBe(5);
  });

  test("counts within the scores, and goes on as an exponential below", () => {
    expect(tail.below(9)).toBe(9 / 20);
    expect(tail.below(100)).toBe(1);
    expect(tail.below(-1)).toBeCloseTo(0.5 * Math.exp(-10 / 5), 12);
  });

  test("says of exponential scores how many are far below all that it has seen", () => {
    const random = mulberry32(1);
    const logits = Float64Array.from({ length: 400 }, () => 2 * Math.log(1 - random()));
    // Of scale 2: e^−10 are below −20; the least of 400 is near −12.
    const share = new ScoreTail(logits).below(-20);
    expect(share).toBeGreaterThan(Math.exp(-10) / 4);
    expect(share).toBeLessThan(4 * Math.exp(-10));
  });

  test("of few scores, or of none, stays usable", () => {
    expect(new ScoreTail(new Float64Array()).below(0)).toBe(0);
    const one = new ScoreTail(Float64Array.of(3));
    expect(one.below(3.5)).toBe(1);
    expect(one.below(2)).toBeCloseTo(Math.exp(-1 / 0.25), 12);
  });
});
