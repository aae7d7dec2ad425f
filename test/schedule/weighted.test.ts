import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cycleOf, weighted } from "../../src/schedule/weighted.ts";
import { state } from "./state.ts";

describe("weighted()", () => {
  test("gives each device its share of every cycle", () => {
    const scheduler = weighted({ weights: [5, 2, 1] });
    const counts = [0, 0, 0];
    for (let frame = 0; frame < 800; frame += 1) {
      const device = scheduler.enter(state([{}, {}, {}]));
      counts[device] = (counts[device] ?? 0) + 1;
    }
    expect(counts).toEqual([500, 200, 100]);
  });

  test("cycles one shuffled list", () => {
    const scheduler = weighted({ weights: [5, 2, 1], seed: 7 });
    const cycle = (): number[] =>
      Array.from({ length: 8 }, () => scheduler.enter(state([{}, {}, {}])));
    const first = cycle();
    expect(cycle()).toEqual(first);
    expect(first.toSorted()).toEqual([0, 0, 0, 0, 0, 1, 1, 2]);
    expect(first).not.toEqual([0, 0, 0, 0, 0, 1, 1, 2]);
  });

  test("passes over a device that has gone", () => {
    const scheduler = weighted({ weights: [1, 1] });
    const devices = [{ alive: false }, {}];
    const picks = Array.from({ length: 6 }, () => scheduler.enter(state(devices)));
    expect(picks).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("leaves the frame to whoever takes it when every device has gone", () => {
    const scheduler = weighted({ weights: [1, 1] });
    expect(scheduler.enter(state([{ alive: false }, { alive: false }]))).toBe(-1);
  });
});

describe("cycleOf()", () => {
  test.each([
    [
      [5, 2, 1],
      [5, 2, 1],
    ],
    [
      [50, 20, 10],
      [5, 2, 1],
    ],
    [
      [7, 3, 1],
      [7, 3, 1],
    ],
    [
      [1.5, 1],
      [3, 2],
    ],
    [
      [1 / 20, 1 / 50, 1 / 100],
      [5, 2, 1],
    ],
  ])("%j becomes counts %j", (weights, counts) => {
    const cycle = cycleOf(weights);
    expect(counts.map((_, device) => cycle.filter((each) => each === device).length)).toEqual(
      counts,
    );
  });

  test("any positive weights give shares within a percent of the sum", () => {
    const weight = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 6 }), (weights) => {
        const cycle = cycleOf(weights);
        const sum = weights.reduce((total, each) => total + each, 0);
        for (const [device, each] of weights.entries()) {
          const share = cycle.filter((index) => index === device).length / cycle.length;
          expect(Math.abs(share - each / sum)).toBeLessThan(0.01);
          expect(share).toBeGreaterThan(0);
        }
      }),
    );
  });

  test.each([[[0, 1]], [[-1, 1]], [[Number.NaN]], [[Number.POSITIVE_INFINITY, 1]]])(
    "%j are refused",
    (weights) => {
      expect(() => cycleOf(weights)).toThrow("weights must be positive numbers");
    },
  );
});
