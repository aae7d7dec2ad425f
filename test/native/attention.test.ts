import { expect, test } from "bun:test";
import { holdAttention, prioritiseThread } from "../../src/native/attention.ts";

test("prioritiseThread() is taken, in any thread and again", () => {
  expect(prioritiseThread()).toBe(true);
  expect(prioritiseThread()).toBe(true);
});

test("holdAttention() can be held twice, and let go of in any order", () => {
  const [first, second] = [holdAttention(), holdAttention()];
  expect(() => {
    first[Symbol.dispose]();
    second[Symbol.dispose]();
  }).not.toThrow();
});
