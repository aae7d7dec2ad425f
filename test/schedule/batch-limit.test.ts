import { describe, expect, test } from "bun:test";
import { BatchLimit } from "../../src/schedule/batch-limit.ts";

/** Limits after each of these calls, a call being as full as the limit and taking so long. */
function limits(limit: BatchLimit, callsMs: readonly number[]): string {
  return callsMs
    .map((ms) => {
      limit.answered(limit.value, ms, 10);
      return limit.value;
    })
    .join(" ");
}

function begun(max: number, goalMs: number | null, batchCost = 0.5): BatchLimit {
  const limit = new BatchLimit({ max, batchCost, goalMs });
  limit.begin(10);
  return limit;
}

describe("BatchLimit", () => {
  test("begins with as many frames as two calls fit the goal", () => {
    // Calls of 1, 2, 3, 4 take 10, 15, 20, 25 ms.
    expect([15, 20, 30, 49, 50, 1000].map((goal) => begun(8, goal).value)).toEqual([
      1, 1, 2, 3, 4, 8,
    ]);
  });

  test("without a goal a call may take two frames' time", () => {
    expect(begun(8, null).value).toBe(3);
    expect(begun(8, null).callMsMax(10)).toBe(20);
  });

  test("a goal in frames' times counts where there is none in ms, and is no less than the default", () => {
    // Calls of 8 take 45 ms.
    const of = (goalFrames: number, goalMs: number | null = null): number => {
      const limit = new BatchLimit({ max: 8, batchCost: 0.5, goalMs, goalFrames });
      limit.begin(10);
      return limit.value;
    };
    expect([of(9), of(8.9), of(1), of(9, 30)]).toEqual([8, 7, 3, 2]);
  });

  test("full calls within the goal add an eighth of a frame each, up to the most", () => {
    const limit = begun(4, 30);
    expect(limits(limit, new Array(8).fill(14))).toBe("2 2 2 2 2 2 2 3");
    expect(limits(limit, new Array(20).fill(14)).slice(-7)).toBe("4 4 4 4");
  });

  test("calls that are not full add nothing", () => {
    const limit = begun(8, 30);
    for (let call = 0; call < 100; call += 1) limit.answered(1, 10, 10);
    expect(limit.value).toBe(2);
  });

  test("each call beyond the goal takes a tenth off, down to one frame", () => {
    // 8 · 0.9^n: 7.2 6.48 5.83 5.25 4.72 4.25 3.83 3.44 3.1 2.79 …
    const limit = begun(8, 1000);
    expect(limits(limit, new Array(10).fill(501))).toBe("7 6 5 5 4 4 3 3 3 2");
    expect(limits(limit, new Array(50).fill(501)).slice(-3)).toBe("1 1");
  });

  test("where calls take what they were measured to, it stays about the goal", () => {
    const limit = begun(16, 100);
    const seen = new Set<number>();
    for (let call = 0; call < 500; call += 1) {
      const count = limit.value;
      limit.answered(count, 10 * (1 + (count - 1) * 0.5), 10);
      if (call > 50) seen.add(limit.value);
    }
    // 9 frames take 50 ms, 10 take 55: more than half of 100.
    expect([...seen].toSorted((a, b) => a - b)).toEqual([9, 10]);
  });

  test("a device that is as slow as twice before gets half-size calls under a goal of its own", () => {
    const limit = begun(16, 100);
    let slowest = 0;
    for (let call = 0; call < 60; call += 1) {
      const count = limit.value;
      const ms = 20 * (1 + (count - 1) * 0.5);
      limit.answered(count, ms, 20);
      if (call > 30) slowest = Math.max(slowest, ms);
    }
    // 4 frames take 50 ms, the 5th makes it 60, which is tried now and then.
    expect(slowest).toBe(60);
  });

  test("begins with the first answer where nothing is known before", () => {
    const limit = new BatchLimit({ max: 8, batchCost: 0.5, goalMs: 50 });
    limit.begin(0);
    expect(limit.value).toBe(1);
    limit.answered(1, 10, 10);
    expect(limit.value).toBe(4);
  });

  test("a device of single frames stays one", () => {
    const limit = begun(1, 1000);
    expect(limits(limit, [1, 1, 1])).toBe("1 1 1");
  });
});
