import { expect, test } from "bun:test";
import { fullCallShare, withinGoal } from "../../src/schedule/batch-cost.ts";

test("fullCallShare() is what a frame of a full call takes", () => {
  expect(fullCallShare({})).toBe(1);
  expect(fullCallShare({ batch: 4, batchCost: 1 })).toBe(1);
  // 1.9 single frames' times for 4 frames.
  expect(fullCallShare({ batch: 4, batchCost: 0.3 })).toBeCloseTo(0.475, 12);
});

test("withinGoal() keeps two calls within the goal", () => {
  const device = { serviceMs: 20, batch: 8, batchCost: 0.3 };
  // Calls of 2, 3, 4 and 8 take 26, 32, 38 and 62 ms.
  const goals = [null, 50, 60, 64, 76, 124] as const;
  expect(goals.map((goalMs) => withinGoal(device, goalMs).batch)).toEqual([4, 1, 2, 3, 4, 8]);
  expect(withinGoal({ serviceMs: 20 }, 10)).toEqual({ serviceMs: 20 });
});
