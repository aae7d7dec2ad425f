import { expect, test } from "bun:test";
import { expectedRate, relativeWeights, simulatedRate } from "../../src/backend/expected-rate.ts";

test("relativeWeights() of simulated 20, 50 and 100 ms are 5, 2 and 1", () => {
  const rates = [20, 50, 100].map((serviceMs) => ({ rate: simulatedRate(serviceMs) }));
  expect(relativeWeights(rates)).toEqual([5, 2, 1]);
});

test("relativeWeights() keeps the user's own weights", () => {
  const weights = relativeWeights([{ rate: 50, weight: 7 }, { rate: 20 }, { rate: 10 }]);
  expect(weights).toEqual([7, 2, 1]);
});

test("simulatedRate() is finite for a device that takes no time", () => {
  expect(simulatedRate(0)).toBeFinite();
  expect(simulatedRate(0)).toBeGreaterThan(simulatedRate(1));
});

test("expectedRate() orders software GPU, CPU thread, more threads, GPU", () => {
  const rates = [
    expectedRate("gpu", true, 0),
    expectedRate("cpu", false, 1),
    expectedRate("cpu", false, 2),
    expectedRate("gpu", false, 0),
  ];
  expect(rates).toEqual(rates.toSorted((a, b) => a - b));
  // Two threads in one session are slower than two sessions of one.
  expect(expectedRate("cpu", false, 2)).toBeLessThan(2 * expectedRate("cpu", false, 1));
});
