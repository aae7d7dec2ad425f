import { expect, test } from "bun:test";
import type { ErrorBound } from "../../src/cascade/bounds.ts";
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
  // Three times the 10 minutes there are.
  const shortfall = {
    kind: "falseNegatives",
    bound: BOUND,
    budget: 0.01,
    frames: 6_000,
    framesNeeded: 18_000,
  };
  expect(() => checkClaim(optimized(shortfall as Shortfall), CONTEXT)).toThrow(
    "7 of 1,091 held-out frames with a person were wrong, which bounds the rate of false negatives " +
      "at 2.51%, not 1%; about 20 minutes more of such footage would be needed",
  );
});

test("checkClaim() says where no footage would help", () => {
  const framesNeeded = Number.POSITIVE_INFINITY;
  const shortfall = { kind: "falsePositives", bound: BOUND, budget: 0.005, framesNeeded };
  expect(() => checkClaim(optimized(shortfall as Shortfall), CONTEXT)).toThrow(
    /held-out frames without a person .* no footage would help, as it is wrong that often/,
  );
});

test("checkClaim() lets a claim pass that holds", () => {
  expect(() => checkClaim(optimized(null), CONTEXT)).not.toThrow();
});

test("percent() is written as the flags take it", () => {
  expect([0.01, 0.005, 0.2, 0.0251].map(percent)).toEqual(["1%", "0.5%", "20%", "2.51%"]);
});
