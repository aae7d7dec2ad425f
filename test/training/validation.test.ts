import { describe, expect, test } from "bun:test";
import { isBetter, isFlat } from "../../src/training/validation.ts";

const of = (auc: number, loss: number) => ({ auc, loss, scores: new Float32Array() });

describe("isBetter()", () => {
  test("goes by what is missing to an AUC of 1", () => {
    expect(isBetter(of(0.97, 9), of(0.96, 1))).toBe(true);
    expect(isBetter(of(0.96, 1), of(0.97, 9))).toBe(false);
  });

  test("goes by the loss where the AUCs are as good as equal", () => {
    expect(isBetter(of(0.961, 1), of(0.962, 2))).toBe(true);
    expect(isBetter(of(0.962, 2), of(0.961, 1))).toBe(false);
    expect(isBetter(of(1, 0.1), of(1, 0.2))).toBe(true);
  });

  test("holds no loss that is no number for better", () => {
    expect(isBetter(of(Number.NaN, Number.NaN), of(0.5, 1))).toBe(false);
  });
});

test("isFlat() sees scores that are all the same, or no numbers", () => {
  expect(isFlat({ ...of(0.5, 1), scores: Float32Array.of(0.3, 0.3005, 0.3002) })).toBe(true);
  expect(isFlat({ ...of(0.5, 1), scores: Float32Array.of(0.3, Number.NaN, 0.9) })).toBe(true);
  expect(isFlat({ ...of(0.5, 1), scores: Float32Array.of(0.3, 0.31) })).toBe(false);
});
