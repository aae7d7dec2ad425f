import { expect, test } from "bun:test";
import { knownFastestMs } from "../../src/planning/plan-check.ts";

test("knownFastestMs() is what simulated devices say, where no trial could say less", () => {
  expect(knownFastestMs("sim:50ms,sim:20ms")).toBe(20);
  expect(knownFastestMs("sim:50ms,sim:20ms:cv=0.3")).toBe(0);
  expect(knownFastestMs("sim:50ms,cpu:threads=1")).toBe(0);
  expect(knownFastestMs("auto")).toBe(0);
});
