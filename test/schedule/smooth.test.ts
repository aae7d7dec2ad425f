import { describe, expect, test } from "bun:test";
import { smooth } from "../../src/schedule/smooth.ts";
import { state } from "./state.ts";

function picks(weights: readonly number[], count: number, gone: readonly number[] = []): string {
  const scheduler = smooth({ weights });
  const now = state(weights.map((_, index) => ({ alive: !gone.includes(index) })));
  return Array.from({ length: count }, () => "abc"[scheduler.enter(now)] ?? "-").join(" ");
}

describe("smooth()", () => {
  test("5:1:1 is the sequence nginx's own description gives", () => {
    expect(picks([5, 1, 1], 7)).toBe("a a b a c a a");
  });

  test("5:2:1 spreads each device's frames over the cycle, and repeats", () => {
    // Credits by hand: 5 2 1 → a; 2 4 2 → b; 7 -2 3 → a; 4 0 4 → a; 1 2 5 → c; 6 4 -2 → a;
    // 3 6 -1 → b; 8 0 0 → a; all 0.
    expect(picks([5, 2, 1], 16)).toBe("a b a a c a b a a b a a c a b a");
  });

  test("the share of a device that has gone falls to the others", () => {
    expect(picks([2, 1, 5], 6, [2])).toBe("a b a a b a");
    expect(picks([2, 1, 5], 2, [0, 1, 2])).toBe("- -");
  });

  test("where shares follow, a device half as quick has half its weight", () => {
    const pick = (follows: boolean): string => {
      const scheduler = smooth({ weights: [4, 2, 1], follows });
      const now = state([{ slowdown: 2 }, {}, { slowdown: 0.5 }]);
      return Array.from({ length: 6 }, () => "abc"[scheduler.enter(now)]).join(" ");
    };
    // 2:2:2 by hand: every device once in three frames.
    expect(pick(true)).toBe("a b c a b c");
    expect(pick(false)).toBe("a b a c a b");
  });

  test("refuses weights that are no positive numbers", () => {
    expect(() => smooth({ weights: [1, 0] })).toThrow("weights must be positive numbers, not 1:0");
  });
});
