import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Histogram } from "../../src/metrics/histogram.ts";

/** Nearest-rank percentile of the values themselves. */
function exactPercentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] as number;
}

describe("Histogram", () => {
  test("percentiles are within 0.4 % of the exact ones, mean and maximum exact", () => {
    const value = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
        const histogram = new Histogram();
        for (const each of values) histogram.record(each);
        for (const percent of [1, 50, 90, 99, 100]) {
          const exact = exactPercentile(values, percent);
          expect(Math.abs(histogram.percentile(percent) - exact)).toBeLessThanOrEqual(
            0.0041 * exact,
          );
        }
        const sum = values.reduce((total, each) => total + each, 0);
        expect(histogram.mean).toBeCloseTo(sum / values.length, 6);
        expect(histogram.max).toBe(Math.max(...values));
        expect(histogram.count).toBe(values.length);
      }),
    );
  });

  test("is 0 throughout while nothing was recorded", () => {
    const { count, mean, max } = new Histogram();
    expect([count, mean, max, new Histogram().percentile(99)]).toEqual([0, 0, 0, 0]);
  });

  test("a negative value counts as 0", () => {
    const histogram = new Histogram();
    histogram.record(-3);
    expect([histogram.count, histogram.percentile(50), histogram.mean]).toEqual([1, 0, 0]);
  });
});
