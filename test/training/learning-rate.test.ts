import { expect, test } from "bun:test";
import { learningRate } from "../../src/training/learning-rate.ts";

const schedule = { peak: 8, stepCount: 13, warmUpSteps: 3 };

test("learningRate() rises straight, and falls as half a cosine", () => {
  const rates = [0, 1, 2, 3, 8, 13].map((step) => learningRate(step, schedule));
  // A quarter, a half, three quarters of the peak; then (1 + cos 0)/2, (1 + cos 90°)/2, and 0.
  for (const [index, rate] of [2, 4, 6, 8, 4, 0].entries()) {
    expect(rates[index]).toBeCloseTo(rate, 12);
  }
});

test("learningRate() begins at its peak without a warm-up", () => {
  expect(learningRate(0, { ...schedule, warmUpSteps: 0 })).toBe(8);
});
