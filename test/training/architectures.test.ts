import { describe, expect, test } from "bun:test";
import {
  ARCHITECTURES,
  architectureName,
  DEFAULT_ARCHITECTURE,
  layerPlan,
  operationCount,
} from "../../src/training/architectures.ts";

describe("layerPlan()", () => {
  test("halves 50 pixels to 25, 12 and 6, and lays parameters one behind the other", () => {
    const { features, parameters, parameterCount } = layerPlan(DEFAULT_ARCHITECTURE);
    expect(features).toEqual([32, 6, 6]);
    // 3·9·16+16, 16·9·16+16, 16·9·32+32, 1152·32+32, 32+1
    expect(parameterCount).toBe(448 + 2320 + 4640 + 36_896 + 33);
    const ends = parameters.map(({ offset, count }) => offset + count);
    expect(parameters.map(({ offset }) => offset)).toEqual([0, ...ends.slice(0, -1)]);
    expect(parameters[2]).toEqual({
      ...{ name: "conv1_weight", shape: [16, 16, 3, 3], offset: 448, count: 2304, fanIn: 144 },
    });
  });

  test("doubles the filters of each pair, and pools behind a pair and behind the last", () => {
    const architecture = { side: 80, filters: 8, layers: 4, dense: 16, firstStride: 1 } as const;
    expect(architectureName(architecture)).toBe("80px-c8-c8-p-c16-c16-p-d16");
    expect(layerPlan(architecture).features).toEqual([16, 20, 20]);
    expect(architectureName({ ...architecture, layers: 3, firstStride: 2 })).toBe(
      "80px-c8s2-c8-p-c16-p-d16",
    );
  });

  test.each([
    [{ side: 31 }, "side must be a whole number from 32 to 100, not 31"],
    [{ side: 101 }, "from 32 to 100"],
    [{ layers: 5 }, "layers must be a whole number from 1 to 4, not 5"],
    [{ filters: 1.5 }, "filters must be"],
    [{ dense: 0 }, "dense must be"],
    [{ firstStride: 3 as 2 }, "firstStride must be"],
  ])("refuses %o", (change, message) => {
    expect(() => layerPlan({ ...DEFAULT_ARCHITECTURE, ...change })).toThrow(message);
  });
});

test("operationCount() counts multiplications and additions of every layer", () => {
  // 2·(27·16·625 + 144·16·625 + 144·32·144 + 1152·32 + 32), by hand.
  expect(operationCount(DEFAULT_ARCHITECTURE)).toBe(2 * (270_000 + 1_440_000 + 663_552 + 36_896));
  // 27·16·2500, 144·16·2500, 144·32·625, 4608·32 + 32.
  const plain = operationCount({ ...DEFAULT_ARCHITECTURE, firstStride: 1 });
  expect(plain).toBe(2 * (1_080_000 + 5_760_000 + 2_880_000 + 147_488));
});

test("the usual architectures are named apart, and grow", () => {
  expect(new Set(ARCHITECTURES.map(architectureName)).size).toBe(ARCHITECTURES.length);
  const work = ARCHITECTURES.map(operationCount);
  expect(work[0]).toBeLessThan(work[1] as number);
  expect(work[1]).toBeLessThan(work[2] as number);
  expect(work[2]).toBeLessThan(work[3] as number);
});
