import { describe, expect, test } from "bun:test";
import { RestartBudget } from "../../src/cli/restart-budget.ts";

describe("RestartBudget", () => {
  test("five restarts a minute, and the sixth crash within it ends the run", () => {
    const budget = new RestartBudget();
    const seconds = [0, 10, 20, 30, 40];
    for (const s of seconds) expect(budget.crashed(s * 1000, s)).toBeNull();
    expect(budget.crashed(59_000, 59)).toBe("it crashed 6 times within a minute");
  });

  test("a restart a minute old no longer counts", () => {
    const budget = new RestartBudget();
    for (const s of [0, 10, 20, 30, 40]) budget.crashed(s * 1000, s);
    expect(budget.crashed(60_000, 60)).toBeNull();
    expect(budget.crashed(61_000, 61)).not.toBeNull();
  });

  test("a run that gets no further is given up after three such crashes, however slowly", () => {
    const budget = new RestartBudget();
    const hour = 3_600_000;
    expect(budget.crashed(0, 500)).toBeNull();
    expect(budget.crashed(hour, 500)).toBeNull();
    expect(budget.crashed(2 * hour, 500)).toBeNull();
    expect(budget.crashed(3 * hour, 500)).toBe("it crashed 3 times without a frame more");
  });

  test("a frame more starts the count again", () => {
    const budget = new RestartBudget();
    const hour = 3_600_000;
    for (const [i, progress] of [5, 5, 5, 6, 6, 6].entries()) {
      expect(budget.crashed(i * hour, progress)).toBeNull();
    }
  });

  test("where progress cannot be told only the minute counts", () => {
    const budget = new RestartBudget();
    for (let hour = 0; hour < 10; hour += 1) {
      expect(budget.crashed(hour * 3_600_000, null)).toBeNull();
    }
  });
});
