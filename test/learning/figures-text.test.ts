import { expect, test } from "bun:test";
import { figuresText } from "../../src/learning/figures-text.ts";

test("figuresText() says what is known, to four decimals", () => {
  expect(figuresText({ loss: 0.01234, auc: 0.99406 })).toBe("loss 0.0123, AUC 0.9941");
  expect(figuresText({ loss: 0.5, auc: null })).toBe("loss 0.5000");
  expect(figuresText({ loss: null, auc: null })).toBe("");
});
