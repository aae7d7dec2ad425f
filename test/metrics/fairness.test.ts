import { describe, expect, test } from "bun:test";
import { type Demand, fairnessOf, fairShares, jainIndex } from "../../src/metrics/fairness.ts";

const demand = (frames: number, weight = 1, priority = 0): Demand => ({ frames, weight, priority });

describe("fairShares()", () => {
  test("who wants little gets it; the rest goes to the others by their weights", () => {
    // 100: 10 are wanted; of the 90 left a quarter, 22.5, is more than the 20 wanted; 70 as 1:2.
    const demands = [demand(10), demand(500), demand(500, 2), demand(20)];
    const shares = fairShares(demands, 100);
    expect(shares.map((share) => share.toFixed(2))).toEqual(["10.00", "23.33", "46.67", "20.00"]);
  });

  test("a lower priority gets what higher ones leave", () => {
    expect(fairShares([demand(50), demand(30, 9), demand(70, 1, 1)], 100)).toEqual([3, 27, 70]);
    expect(fairShares([demand(50), demand(120, 1, 1)], 100)).toEqual([0, 100]);
  });

  test("where there is enough everybody gets what it wants", () => {
    expect(fairShares([demand(5), demand(7, 3)], 100)).toEqual([5, 7]);
  });
});

test("jainIndex() is 1 where all have the same, 1/n where one has everything", () => {
  expect(jainIndex([4, 4, 4])).toBe(1);
  expect(jainIndex([0, 0, 9, 0])).toBe(0.25);
  expect(jainIndex([1, 2, 3])).toBeCloseTo(36 / 42);
  expect(jainIndex([])).toBe(1);
});

test("fairnessOf() holds what sources got against their fair shares", () => {
  expect(
    fairnessOf([
      { ...demand(90), answered: 20 },
      { ...demand(90, 3), answered: 60 },
    ]),
  ).toBe(1);
  // Halves of what is 1:3: 40/20 and 40/60 of the fair shares.
  expect(
    fairnessOf([
      { ...demand(90), answered: 40 },
      { ...demand(90, 3), answered: 40 },
    ]),
  ).toBeCloseTo(jainIndex([2, 2 / 3]));
  // Nobody is owed anything by a source that has none left for it.
  expect(
    fairnessOf([
      { ...demand(90), answered: 0 },
      { ...demand(90, 1, 1), answered: 80 },
    ]),
  ).toBe(1);
});
