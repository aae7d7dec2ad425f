import { runtimeError } from "../errors.ts";
import type { AttemptResult } from "./attempt.ts";

export interface Restarted {
  readonly result: AttemptResult;
  /** From 1. */
  readonly attempt: number;
  readonly history: AttemptResult["history"];
}

/**
 * Tries until a network has not collapsed: a start in which too many units answer nothing to
 * anything is a matter of luck, and another seed has other luck.
 *
 * @param run Given the attempt's number, from 1.
 * @throws {AipError} `training-collapsed` after the last attempt
 */
export function untilTrained(
  restartsMax: number,
  run: (attempt: number) => AttemptResult,
): Restarted {
  const history: AttemptResult["history"][number][] = [];
  let auc = 0;
  for (let attempt = 1; attempt <= restartsMax + 1; attempt += 1) {
    const result = run(attempt);
    history.push(...result.history);
    if (!result.isCollapsed) return { result, attempt, history };
    if (result.validation.auc > auc) auc = result.validation.auc;
  }
  throw runtimeError(
    "training-collapsed",
    `The network learnt nothing in ${restartsMax + 1} attempts (AUC ${auc.toFixed(2)} at best, a ` +
      "guess has 0.50): the pictures do not show what their labels say, or are too few",
  );
}
