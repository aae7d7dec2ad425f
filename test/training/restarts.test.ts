import { expect, test } from "bun:test";
import type { AttemptResult } from "../../src/training/attempt.ts";
import { untilTrained } from "../../src/training/restarts.ts";

function outcome(attempt: number, auc: number): AttemptResult {
  return {
    parameters: Float32Array.of(attempt),
    validation: { auc, loss: 1, scores: Float32Array.of(0.5) },
    bestEpoch: 1,
    history: [{ attempt, epoch: 1, loss: 1, validationLoss: 1, auc }],
    isCollapsed: auc < 0.6,
  };
}

test("untilTrained() begins again until a network has not collapsed", () => {
  const aucs = [0.5, 0.55, 0.9, 0.99];
  const seen = untilTrained(3, (attempt) => outcome(attempt, aucs[attempt - 1] as number));
  expect(seen.attempt).toBe(3);
  expect(seen.result.validation.auc).toBe(0.9);
  expect(seen.history.map(({ auc }) => auc)).toEqual([0.5, 0.55, 0.9]);
});

test("untilTrained() gives up after the last restart, and names the best AUC", () => {
  let attempts = 0;
  const run = (): unknown =>
    untilTrained(2, (attempt) => {
      attempts += 1;
      return outcome(attempt, attempt === 2 ? 0.57 : 0.5);
    });
  expect(run).toThrow("The network learnt nothing in 3 attempts (AUC 0.57 at best");
  expect(attempts).toBe(3);
});
