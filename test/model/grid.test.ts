import { describe, expect, test } from "bun:test";
import { boxCount, stridesOf } from "../../src/model/grid.ts";

describe("boxCount()", () => {
  test("is what published models of these sizes have", () => {
    expect(boxCount({ width: 416, height: 416 }, [8, 16, 32], 1)).toBe(3549);
    expect(boxCount({ width: 640, height: 640 }, [8, 16, 32], 1)).toBe(8400);
    expect(boxCount({ width: 640, height: 640 }, [8, 16, 32], 3)).toBe(25_200);
    expect(boxCount({ width: 1280, height: 1280 }, [8, 16, 32, 64], 3)).toBe(102_000);
  });

  test("counts the cells that stand out over the edge", () => {
    // 9×8 + 5×4 + 3×2
    expect(boxCount({ width: 65, height: 64 }, [8, 16, 32], 1)).toBe(98);
  });
});

describe("stridesOf()", () => {
  test("finds the levels of a count", () => {
    const size = { width: 640, height: 640 };
    expect(stridesOf(8400, size, 1)).toEqual([8, 16, 32]);
    expect(stridesOf(8500, size, 1)).toEqual([8, 16, 32, 64]);
    expect(stridesOf(34_000, size, 1)).toEqual([4, 8, 16, 32]);
    expect(stridesOf(2000, size, 1)).toEqual([16, 32]);
    expect(stridesOf(8401, size, 1)).toBeUndefined();
  });
});
