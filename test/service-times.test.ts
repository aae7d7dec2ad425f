import { expect, test } from "bun:test";
import { serviceTimes } from "../src/service-times.ts";

const COUNT = 100_000;

function sample(options: { serviceMs: number; cv: number; seed?: number }): number[] {
  const next = serviceTimes({ seed: 1, slowAt: [], ...options });
  return Array.from({ length: COUNT }, (_, ordinal) => next(ordinal));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test("serviceTimes() are constant where cv is 0", () => {
  expect(new Set(sample({ serviceMs: 20, cv: 0 }))).toEqual(new Set([20]));
});

test("serviceTimes() are 0 where the device takes no time, whatever its cv", () => {
  expect(new Set(sample({ serviceMs: 0, cv: 0.5 }))).toEqual(new Set([0]));
});

test("serviceTimes() have the mean and the coefficient of variation asked for", () => {
  const times = sample({ serviceMs: 20, cv: 0.3 });
  const average = mean(times);
  const deviation = Math.sqrt(mean(times.map((time) => (time - average) ** 2)));
  // Standard errors: 20 * 0.3 / sqrt(100,000) = 0.02 for the mean; 5 of them are allowed.
  expect(Math.abs(average - 20)).toBeLessThan(0.1);
  expect(Math.abs(deviation / average - 0.3)).toBeLessThan(0.006);
});

test("serviceTimes() are lognormal: their logarithms are symmetric about ln T - ln(1 + cv²) / 2", () => {
  const logs = sample({ serviceMs: 10, cv: 0.5 }).map(Math.log);
  const expected = Math.log(10) - Math.log(1.25) / 2;
  expect(Math.abs(mean(logs) - expected)).toBeLessThan(0.01);
  const below = logs.filter((value) => value < expected).length / COUNT;
  expect(Math.abs(below - 0.5)).toBeLessThan(0.01);
});

test("serviceTimes() repeat for a seed and differ between seeds", () => {
  const options = { serviceMs: 20, cv: 0.3 };
  expect(sample({ ...options, seed: 5 }).slice(0, 50)).toEqual(
    sample({ ...options, seed: 5 }).slice(0, 50),
  );
  expect(sample({ ...options, seed: 5 })[0]).not.toBe(sample({ ...options, seed: 6 })[0]);
});

test("serviceTimes() are longer by a stall on its frame alone, and draw the same times", () => {
  const options = { serviceMs: 10, cv: 0.3, seed: 1, slowAt: [] };
  const stalled = serviceTimes({ ...options, stallAt: [{ frame: 1, ms: 300 }] });
  const plain = serviceTimes(options);
  const extra = [0, 1, 2].map((ordinal) => Math.round(stalled(ordinal) - plain(ordinal)));
  expect(extra).toEqual([0, 300, 0]);
  const instant = serviceTimes({ ...options, serviceMs: 0, stallAt: [{ frame: 1, ms: 300 }] });
  expect([0, 1].map(instant)).toEqual([0, 300]);
});

test("serviceTimes() are multiplied from the frames of slow-at on, one factor after the other", () => {
  const slowAt = [
    { frame: 2, factor: 2 },
    { frame: 4, factor: 5 },
  ];
  const next = serviceTimes({ serviceMs: 1, cv: 0, seed: 1, slowAt });
  expect([0, 1, 2, 3, 4, 5].map((ordinal) => next(ordinal))).toEqual([1, 1, 2, 2, 10, 10]);
});

test("serviceTimes() of a call of several frames add a share for each further one", () => {
  const next = serviceTimes({ serviceMs: 20, cv: 0, seed: 1, slowAt: [], batchCost: 0.25 });
  expect([next(0, 1), next(1, 2), next(3, 4)]).toEqual([20, 25, 35]);
  const plain = serviceTimes({ serviceMs: 20, cv: 0, seed: 1, slowAt: [] });
  expect(plain(0, 3)).toBe(60);
});

test("serviceTimes() find the frame that is slower within a call", () => {
  const next = serviceTimes({
    serviceMs: 10,
    cv: 0,
    seed: 1,
    batchCost: 0,
    slowAt: [{ frame: 5, factor: 2 }],
    stallAt: [{ frame: 2, ms: 100 }],
  });
  expect([next(0, 2), next(2, 2), next(4, 2), next(6, 2)]).toEqual([10, 110, 20, 20]);
});

test("serviceTimes() draws from measured times where there are some", () => {
  const next = serviceTimes({ serviceMs: 10, cv: 9, seed: 3, slowAt: [], shape: [0.5, 1, 1.5] });
  const times = Array.from({ length: 3000 }, (_, frame) => next(frame));
  expect(new Set(times)).toEqual(new Set([5, 10, 15]));
  expect(times.reduce((sum, ms) => sum + ms, 0) / times.length).toBeCloseTo(10, 0);
});
