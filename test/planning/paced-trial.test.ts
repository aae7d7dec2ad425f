import { expect, test } from "bun:test";
import { withoutSlowest } from "../../src/planning/paced-trial.ts";

test("withoutSlowest() leaves out the round in which the machine was held up", () => {
  // Four rounds of three values.
  const values = [5, 6, 5, 5, 90, 80, 6, 5, 6, 7, 7, 7];
  expect(withoutSlowest(values)).toEqual([5, 6, 5, 6, 5, 6, 7, 7, 7]);
  expect(withoutSlowest([8])).toEqual([8]);
});
