import { expect, test } from "bun:test";
import { formatChange } from "../../src/cli/cascade-change.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

test("formatChange() tells every threshold, speed and bound, with arrows where they changed", () => {
  const before = sampleCascade();
  const { network } = before.levels;
  if (network === null) throw new Error("the sample has a network");
  const after = {
    ...before,
    levels: { tSkip: 1, difference: null, network: { ...network, cLow: 0.244_44 } },
    validation: {
      ...before.validation,
      falseNegatives: { count: 2, of: 200, bound: 0.0311 },
      cascadeFps: 812.34,
    },
  };
  expect(formatChange(before, after)).toBe(
    "t_skip 5 → 1   t_diff 0.125 → none   c_low 0.1 → 0.2444   c_high 0.9   " +
      "2,000 → 812.3 frames/s by the costs   " +
      "bounds: false negatives 0.9 % → 3.11 %, false positives 0.1 %",
  );
  expect(formatChange(after, after)).not.toContain("→");
});
