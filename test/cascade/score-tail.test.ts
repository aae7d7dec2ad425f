import { describe, expect, test } from "bun:test";
import { logit, tailScale } from "../../src/cascade/score-tail.ts";
import { mulberry32 } from "../../src/random.ts";

describe("logit()", () => {
  test("is ln(p / (1 − p))", () => {
    expect(logit(0.5)).toBe(0);
    expect(logit(0.9)).toBeCloseTo(Math.log(9), 12);
  });

  test("of scores that have come to 0 or 1 is finite", () => {
    expect(logit(0)).toBeCloseTo(-16.1181, 3);
    expect(logit(1)).toBeCloseTo(16.1181, 3);
  });
});

describe("tailScale()", () => {
  test("is the mean distance of the least to where their part begins, by hand", () => {
    // 0 to 19: the least ten are the tail, which begins at 9; (9 + 8 + … + 1) / 9 = 5.
    expect(tailScale(Float64Array.from({ length: 20 }, (_, index) => 19 - index))).toBe(5);
  });

  test("of exponential scores is theirs", () => {
    const random = mulberry32(1);
    const scale = tailScale(Float64Array.from({ length: 4000 }, () => 2 * Math.log(1 - random())));
    // 200 of them: a mean within three standard errors, 2 / √200 each.
    expect(Math.abs(scale - 2)).toBeLessThan(3 * 0.142);
  });

  test("of few scores, of none and of equal ones stays usable", () => {
    for (const logits of [[], [3], [3, 3, 3]])
      expect(tailScale(Float64Array.from(logits))).toBe(0.25);
  });
});
