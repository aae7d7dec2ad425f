import { expect, test } from "bun:test";
import { quickerHalf } from "../../src/planning/paced-trial.ts";

test("quickerHalf() leaves out the rounds in which the machine was held up", () => {
  // Four rounds of three values.
  const values = [5, 6, 5, 5, 90, 80, 6, 5, 6, 7, 7, 7];
  expect(quickerHalf(values)).toEqual([5, 6, 5, 6, 5, 6]);
  expect(quickerHalf([8])).toEqual([8]);
});
