import { expect, test } from "bun:test";
import { pull } from "../../src/schedule/pull.ts";
import { state } from "./state.ts";
import { draw } from "./timeline.ts";

test("pull() assigns nothing and gives any free device the oldest frame", () => {
  const scheduler = pull();
  expect(scheduler.enter(state([{}, {}]))).toBe(-1);
  expect(scheduler.next(state([{}, {}], { waiting: 9 }), 1)).toBe(0);
});

test("pull() keeps every device busy, oldest frame first", () => {
  expect(draw({ scheduler: () => pull(), ticks: "2 5 10", arrivals: "9" })).toEqual([
    "aaddeegghh..........",
    "bbbbbfffff..........",
    "cccccccccciiiiiiiiii",
    "||a|||b|||||cdefgh||||||||||i",
  ]);
});
