import { describe, expect, test } from "bun:test";
import { mulberry32 } from "../../src/random.ts";
import { confidenceInterval, withoutRoundEffects } from "../../src/schedule/confidence.ts";

describe("confidenceInterval()", () => {
  test("three values: mean ± 4.303 · s / √3", () => {
    // s = 2, half = 4.303 · 2 / 1.7321 = 4.969
    const { mean, low, high } = confidenceInterval([10, 12, 14]);
    expect(mean).toBe(12);
    expect(low).toBeCloseTo(12 - 4.969, 3);
    expect(high).toBeCloseTo(12 + 4.969, 3);
  });

  test("more than 31 values: the normal distribution's 1.96", () => {
    const values = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 9 : 11));
    // s² = 100 / 99
    const half = (1.96 * Math.sqrt(100 / 99)) / 10;
    expect(confidenceInterval(values).high).toBeCloseTo(10 + half, 6);
  });

  test("one value says nothing of its noise", () => {
    expect(confidenceInterval([7])).toEqual({ mean: 7, low: 0, high: 14 });
  });

  test("it never goes below 0", () => {
    expect(confidenceInterval([1, 9]).low).toBe(0);
  });

  test("no values are refused", () => {
    expect(() => confidenceInterval([])).toThrow(RangeError);
  });
});

describe("withoutRoundEffects()", () => {
  test("what slows all of a round alike is taken out", () => {
    const adjusted = withoutRoundEffects([
      [10, 20, 5],
      [20, 40, 10],
      [30, 60, 15],
    ]);
    // The rounds' factors 1, 2 and 1/2 have the product 1.
    const expected = [10, 20, 30];
    for (const [index, values] of adjusted.entries()) {
      for (const value of values) expect(value).toBeCloseTo(expected[index] as number, 6);
    }
  });

  test("series that sat out rounds are compared by those they were in", () => {
    const adjusted = withoutRoundEffects([
      [10, 20, 5, 10],
      [20, 40, 10, 20],
      [30, 60, 15, 30],
      [undefined, 80, undefined, undefined],
    ]);
    expect(adjusted[3]).toHaveLength(1);
    expect(adjusted[3]?.[0]).toBeCloseTo(40, 1);
  });

  test("rounds of one or two are left as they are", () => {
    expect(withoutRoundEffects([[3, 5], [7]])).toEqual([
      [expect.closeTo(3, 9), expect.closeTo(5, 9)],
      [expect.closeTo(7, 9)],
    ]);
  });

  test("each series keeps the spread that is its own", () => {
    const random = mulberry32(7);
    const normal = (): number =>
      Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const rounds = Array.from({ length: 2000 }, () => Math.exp(0.5 * normal()));
    const series = [0.02, 0.02, 0.02].map((sigma) =>
      rounds.map((factor) => 50 * factor * Math.exp(sigma * normal())),
    );
    for (const values of withoutRoundEffects(series)) {
      const logs = values.map(Math.log);
      const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
      const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length;
      expect(Math.sqrt(variance)).toBeGreaterThan(0.018);
      expect(Math.sqrt(variance)).toBeLessThan(0.022);
    }
  });
});
