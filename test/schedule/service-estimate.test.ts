import { expect, test } from "bun:test";
import { nextEstimate, residualMs } from "../../src/schedule/service-estimate.ts";
import { state } from "./state.ts";

test("nextEstimate() begins with the first time and moves a tenth of the way with each", () => {
  expect(nextEstimate(0, 20)).toBe(20);
  expect(nextEstimate(20, 30)).toBe(21);
  expect(nextEstimate(0, 0)).toBeGreaterThan(0);
});

test("residualMs() is what is left of everything given, and nothing of an idle device", () => {
  const residual = (device: object, nowMs: number): number =>
    residualMs(state([{ serviceMs: 10, busySinceMs: 100, ...device }]).devices[0] as never, nowMs);
  expect(residual({ inFlight: 0 }, 104)).toBe(0);
  expect(residual({ inFlight: 1 }, 104)).toBe(6);
  expect(residual({ inFlight: 1 }, 150)).toBe(0);
  expect(residual({ inFlight: 3 }, 104)).toBe(26);
});
