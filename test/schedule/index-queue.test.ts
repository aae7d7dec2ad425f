import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { IndexQueue } from "../../src/schedule/index-queue.ts";

type Step =
  | { readonly do: "push"; readonly value: number }
  | { readonly do: "insertAt"; readonly index: number; readonly value: number }
  | { readonly do: "shift" }
  | { readonly do: "takeAt"; readonly index: number };

const value = fc.integer({ min: 0, max: 1000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("push" as const), value }),
  fc.record({
    do: fc.constant("insertAt" as const),
    index: fc.integer({ min: 0, max: 8 }),
    value,
  }),
  fc.record({ do: fc.constant("shift" as const) }),
  fc.record({ do: fc.constant("takeAt" as const), index: fc.integer({ min: 0, max: 9 }) }),
);

describe("IndexQueue", () => {
  test("behaves like an array under any sequence of steps", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new IndexQueue(8);
        const model: number[] = [];
        for (const action of steps) {
          if (action.do === "push" || action.do === "insertAt") {
            const index = action.do === "push" ? model.length : action.index % (model.length + 1);
            const add = (): void =>
              action.do === "push" ? queue.push(action.value) : queue.insertAt(index, action.value);
            if (model.length === 8) {
              expect(add).toThrow(RangeError);
            } else {
              add();
              model.splice(index, 0, action.value);
            }
          } else if (action.do === "shift") {
            expect(queue.shift()).toBe(model.shift() ?? -1);
          } else {
            expect(queue.takeAt(action.index)).toBe(model.splice(action.index, 1)[0] ?? -1);
          }
          expect(Array.from({ length: queue.length }, (_, i) => queue.at(i))).toEqual(model);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("indexOf() finds the first of equal values, and -1 where there is none", () => {
    const queue = new IndexQueue(4);
    for (const each of [7, 9, 7]) queue.push(each);
    expect(queue.indexOf(7)).toBe(0);
    expect(queue.indexOf(9)).toBe(1);
    expect(queue.indexOf(8)).toBe(-1);
  });
});
