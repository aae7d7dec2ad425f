import { EarlyAnswer } from "../../src/layout/layout.gen.ts";
import type { RunCascade } from "../../src/pipeline/run-cascade.ts";
import type { Frame } from "../../src/types.ts";

const LETTERS: Readonly<Record<string, number>> = {
  i: EarlyAnswer.none,
  s: EarlyAnswer.skipped,
  u: EarlyAnswer.unchanged,
  e: EarlyAnswer.empty,
  a: EarlyAnswer.absent,
  p: EarlyAnswer.present,
};

/**
 * A cascade that answers by frame number, again and again: `i` is left to the reference model, `s`
 * skipped, `u` unchanged, `e` like the empty picture, `a` absent and `p` present by the network.
 */
export function scripted(script: string, classes: readonly string[] = ["person"]): RunCascade {
  const answers = [...script].map((letter) => LETTERS[letter] as number);
  return {
    name: "script",
    question: { classes, confidence: 0.3, region: null },
    screen: { kind: "script", answers },
    promise: { falseNegatives: 0.01, falsePositives: 0.01, errorRate: 0.01, presentShare: 0.5 },
    file: null,
  };
}

/** One letter a frame: how it was answered, in capitals where the object is present; `.` for none. */
export function answersOf(frames: readonly Frame[]): string {
  return frames.map(letterOf).join("");
}

function letterOf({ status, answer, present }: Frame): string {
  if (status !== "ok") return status === "dropped" ? "-" : "x";
  const letter = { inferred: "i", reused: "r", specialized: "s" }[answer ?? "inferred"];
  return present === true ? letter.toUpperCase() : letter;
}
