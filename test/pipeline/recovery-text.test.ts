import { expect, test } from "bun:test";
import { type Refusal, refusalText } from "../../src/pipeline/recovery-text.ts";

const REFUSAL: Refusal = {
  reason: "too few; about 2 minutes more would be needed",
  isCounted: false,
  frames: 3000,
  framesNeeded: 4800,
  framesWanted: 4800,
  fps: 15,
  action: "none",
};

test.each([
  // 1,800 frames at 15 a second are 2 minutes, in the words of the reason.
  ["what is needed", {}, "; next try in 2 minutes, at 4,800 frames"],
  // 3,000 are 3.4 minutes.
  [
    "less than that",
    { framesWanted: 6000, framesNeeded: 9000 },
    "; next try in 3.4 minutes, at 6,000 frames: less may do by then",
  ],
  [
    "more than that",
    { framesNeeded: 3100, framesWanted: 4500 },
    "; next try in 100 seconds, at 4,500 frames: with some to spare",
  ],
  ["what nobody knows", { framesNeeded: 0 }, "; next try in 2 minutes, at 4,800 frames"],
  // It needs no other number: the reason says how much is lacking.
  ["a count", { isCounted: true }, "; it is trained as soon as there are enough"],
  // While it was trained more than it waits for were labelled.
  ["nothing", { frames: 4801 }, "; another try at once, with all that is labelled by now"],
  [
    "nothing at the end",
    { action: "train" },
    "; another try at once, with all that is labelled by now",
  ],
  ["nobody", { action: "give-up", isCounted: true }, ""],
] as const)("refusalText() says that it waits for %s", (_, more, end) => {
  expect(refusalText({ ...REFUSAL, ...more })).toBe(`no new cascade yet: ${REFUSAL.reason}${end}`);
});
