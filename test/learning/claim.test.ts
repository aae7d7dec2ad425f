import { expect, test } from "bun:test";
import type { ErrorBound } from "../../src/cascade/bounds.ts";
import type { FootageShortage } from "../../src/cascade/footage-shortage.ts";
import type { Shortfall } from "../../src/cascade/ladder.ts";
import type { Optimized } from "../../src/cascade/optimizer.ts";
import { checkClaim, percent } from "../../src/learning/claim.ts";

const BOUND: ErrorBound = {
  errors: 7,
  trials: 1091,
  rate: 7 / 1091,
  effectiveTrials: 200,
  designEffect: 5,
  runs: 12,
  upper: 0.0251,
  confidence: 0.95,
};
const CONTEXT = { object: "person", fps: 10, frames: 6000 };

/** Only what the message is made of. */
const optimized = (shortfall: Shortfall | null): Optimized =>
  ({ chosen: {}, shortfall, front: [] }) as unknown as Optimized;

test("checkClaim() says what was seen, what it bounds, and how much more is needed", () => {
  // 0.42 of 6,000 frames less the second left out; three times as many are 5,020 more, which are 0.42 of
  // 11,952 more in all: 1,195.3 s, or 19.9 minutes.
  const shortfall = {
    kind: "falseNegatives",
    bound: BOUND,
    budget: 0.01,
    frames: 2510,
    framesNeeded: 7530,
  };
  expect(() => checkClaim(optimized(shortfall as Shortfall), CONTEXT)).toThrow(
    "7 of 1,091 held-out frames with a person were wrong, which bounds the rate of false negatives " +
      "at 2.51%, not 1%; about 20 minutes more of such footage would be needed",
  );
});

test("checkClaim() asks for as much footage as gives the held-out frames that are lacking", () => {
  // A minute at 10 fps has 252 − 10 held-out frames. 358 more are 0.42 of 852.4 frames, or 85.3 s.
  const shortfall = {
    ...{ kind: "falseNegatives", bound: BOUND, budget: 0.01 },
    ...{ frames: 242, framesNeeded: 600 },
  };
  const minute = { ...CONTEXT, frames: 600 };
  let error: unknown;
  try {
    checkClaim(optimized(shortfall as Shortfall), minute);
  } catch (thrown) {
    error = thrown;
  }
  expect(String(error)).toContain("about 86 seconds more of such footage would be needed");
  expect((error as FootageShortage).framesNeeded).toBe(600 + 853);
  // With all of that there are 0.42 · 1453 = 610 frames, less the second: the 600 that are needed.
  expect(Math.floor(0.42 * (600 + 853)) - 10).toBe(600);
});

test("checkClaim() says where more held-out frames would not help", () => {
  const framesNeeded = Number.POSITIVE_INFINITY;
  const shortfall = { kind: "falsePositives", bound: BOUND, budget: 0.005, framesNeeded };
  expect(() => checkClaim(optimized(shortfall as Shortfall), CONTEXT)).toThrow(
    /held-out frames without a person .* more held-out frames alone would not help, as this cascade is wrong that often/,
  );
});

test("checkClaim() lets a claim pass that holds", () => {
  expect(() => checkClaim(optimized(null), CONTEXT)).not.toThrow();
});

test("percent() is written as the flags take it", () => {
  expect([0.01, 0.005, 0.2, 0.0251].map(percent)).toEqual(["1%", "0.5%", "20%", "2.51%"]);
});
