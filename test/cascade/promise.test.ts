import { describe, expect, test } from "bun:test";
import { cascadePromise } from "../../src/cascade/promise.ts";

const none = { errors: 0, trials: 0, upper: 1 };

describe("cascadePromise()", () => {
  test("is of frames answered early: the same errors, of fewer frames", () => {
    const promise = cascadePromise({
      falseNegatives: { errors: 1, trials: 200, upper: 0.03 },
      falsePositives: { errors: 8, trials: 800, upper: 0.02 },
      early: { present: 100, absent: 300 },
    });
    expect(promise.falseNegatives).toBeCloseTo(0.06, 12);
    expect(promise.falsePositives).toBeCloseTo(16 / 300, 12);
    expect(promise.presentShare).toBeCloseTo(0.25, 12);
    // 9 of 400; and 5 and 8 more at most, which do not both come: √(5² + 8²).
    expect(promise.errorRate).toBeCloseTo((9 + Math.sqrt(89)) / 400, 12);
  });

  test("a kind that is never answered early has no part in the errors", () => {
    const promise = cascadePromise({
      falseNegatives: { errors: 0, trials: 50, upper: 0.06 },
      falsePositives: { errors: 2, trials: 100, upper: 0.05 },
      early: { present: 0, absent: 80 },
    });
    expect(promise).toMatchObject({ falseNegatives: 1, presentShare: 0 });
    expect(promise.errorRate).toBeCloseTo(5 / 80, 12);
  });

  test("of no frames nothing is promised", () => {
    const early = { present: 0, absent: 0 };
    const promise = cascadePromise({ falseNegatives: none, falsePositives: none, early });
    expect(promise).toMatchObject({ falseNegatives: 1, falsePositives: 1, errorRate: 0 });
  });
});
