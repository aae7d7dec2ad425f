import { expect, test } from "bun:test";
import { alternate, compare, median, pairedRatio } from "../../bench/comparison.ts";

test("median() is the middle value, or the mean of the two in the middle", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("pairedRatio() takes the median of the rounds' own ratios", () => {
  // A machine that halves its speed in the second round: 2, 2 and 3 times, whatever the load.
  expect(pairedRatio([20, 10, 30], [10, 5, 10], "higher")).toBe(2);
  expect(pairedRatio([1, 2, 1], [4, 8, 2], "lower")).toBe(4);
  expect(pairedRatio([1], [], "higher")).toBeNaN();
});

test("alternate() runs the ways in turns, every other round backwards", async () => {
  const order: string[] = [];
  const way = (name: string) => () => order.push(name);
  const ways = await alternate({ a: way("a"), b: way("b") }, 2);
  expect(order).toEqual(["a", "b", "b", "a"]);
  expect(ways).toEqual([
    { name: "a", values: [1, 4] },
    { name: "b", values: [2, 3] },
  ]);
});

test("compare() leaves out claims about ways that were not measured", () => {
  const { ratios } = compare({
    title: "t",
    unit: "frames/s",
    better: "higher",
    ways: [
      { name: "a", values: [6] },
      { name: "b", values: [4] },
    ],
    claims: [
      { of: "a", to: "b", atLeast: 2 },
      { of: "a", to: "missing" },
    ],
  });
  expect(ratios).toEqual([{ of: "a", to: "b", value: 1.5, atLeast: 2 }]);
});
