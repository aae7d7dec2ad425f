import { expect, test } from "bun:test";
import { paceOf } from "../../src/doctor/pace.ts";

test.each([
  [7.9, "quicker"],
  [8, "alike"],
  [12.5, "alike"],
  [12.6, "slower"],
  [null, "unknown"],
] as const)("paceOf() of %p ms beside 10 ms is %s", (latencyMs, pace) => {
  expect(paceOf(latencyMs, 10)).toBe(pace);
});

test("paceOf() beside nothing is unknown", () => {
  expect(paceOf(5, null)).toBe("unknown");
  expect(paceOf(5, undefined)).toBe("unknown");
});
