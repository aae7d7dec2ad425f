import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LatencyHistogram } from "../../src/metrics/latency-histogram.ts";
import { mulberry32 } from "../../src/random.ts";

const PERCENTS = [0.1, 1, 25, 50, 90, 99, 99.9, 100] as const;

/** Nearest-rank percentile of the values themselves, sorted. */
function exactPercentile(sorted: ArrayLike<number>, percent: number): number {
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] as number;
}

/** 0.1 % of the exact value, or 0.1 µs. */
const tolerance = (exact: number): number => Math.max(0.001 * exact, 1e-4);

describe("LatencyHistogram", () => {
  test("percentiles are within 0.1 % of the exact ones, mean and maximum exact", () => {
    const value = fc.double({ min: 1e-3, max: 8e7, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
        const histogram = new LatencyHistogram();
        for (const each of values) histogram.record(each);
        const sorted = values.toSorted((a, b) => a - b);
        for (const percent of PERCENTS) {
          const exact = exactPercentile(sorted, percent);
          const error = Math.abs(histogram.percentile(percent) - exact);
          expect(error).toBeLessThanOrEqual(tolerance(exact));
        }
        const sum = values.reduce((total, each) => total + each, 0);
        expect(histogram.mean).toBeCloseTo(sum / values.length, 6);
        expect(histogram.max).toBe(Math.max(...values));
        expect(histogram.count).toBe(values.length);
      }),
      { numRuns: 30 },
    );
  });

  test("a million lognormal times give the percentiles that sorting them gives", () => {
    const random = mulberry32(7);
    const values = Float64Array.from({ length: 1_000_000 }, () => {
      const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
      return 20 * Math.exp(0.5 * normal);
    });
    const histogram = new LatencyHistogram();
    for (const each of values) histogram.record(each);
    values.sort();
    for (const percent of PERCENTS) {
      const exact = exactPercentile(values, percent);
      expect(Math.abs(histogram.percentile(percent) - exact)).toBeLessThanOrEqual(tolerance(exact));
    }
  });

  test("takes the last time that integers hold and the first that they do not", () => {
    for (const units of [2 ** 31 - 1, 2 ** 31, 2 ** 32]) {
      const histogram = new LatencyHistogram();
      histogram.record(units / 10_000);
      histogram.record(86_000_000);
      const exact = units / 10_000;
      expect(Math.abs(histogram.percentile(50) - exact)).toBeLessThanOrEqual(tolerance(exact));
    }
  });

  test("is 0 throughout while nothing was recorded", () => {
    const { count, mean, max } = new LatencyHistogram();
    expect([count, mean, max, new LatencyHistogram().percentile(99)]).toEqual([0, 0, 0, 0]);
  });

  test("a negative time counts as 0", () => {
    const histogram = new LatencyHistogram();
    histogram.record(-3);
    expect([histogram.count, histogram.percentile(50), histogram.mean]).toEqual([1, 0, 0]);
  });

  test("a time beyond a day is a day in percentiles, and itself as the maximum", () => {
    const histogram = new LatencyHistogram();
    histogram.record(1e9);
    expect(histogram.percentile(50)).toBeCloseTo(86_400_000, -5);
    expect(histogram.max).toBe(1e9);
  });
});
