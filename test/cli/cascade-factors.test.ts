import { expect, test } from "bun:test";
import { factorLines } from "../../src/cli/cascade-factors.ts";

test("factorLines() is a table; rows say what they are the same as, where they do not hold, and which came late", () => {
  const rows = [
    { levels: "reference alone", fps: 12.44, inferred: 1, holds: true },
    { levels: "difference", fps: 27.31, inferred: 0.4549, holds: false },
    { levels: "network", fps: 1301.2, inferred: 0.0032, holds: true },
    { levels: "skipping, network", fps: 1290.4, inferred: 0.0041, holds: true },
    { levels: "all", fps: 1290.4, inferred: 0.0041, holds: true, same: "skipping, network" },
  ];
  expect(factorLines(rows)).toEqual([
    "factors     levels                   frames/s  to reference",
    "            reference alone              12.4         100 %",
    "            difference                   27.3          45 %   not within the budgets",
    "            network                     1,301          <1 %   quicker, but only seen after the choice",
    "            skipping, network           1,290          <1 %",
    "            all                         1,290          <1 %   the same as skipping, network",
  ]);
});

test("factorLines() says nothing of a file that keeps none", () => {
  expect(factorLines([])).toEqual([]);
});
