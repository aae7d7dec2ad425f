import { describe, expect, test } from "bun:test";
import { residualMs, ServiceEstimate } from "../../src/schedule/service-estimate.ts";
import { serviceTimes } from "../../src/service-times.ts";
import { state } from "./state.ts";

/** The estimate after each of these times in ms. */
function after(times: readonly number[]): ServiceEstimate {
  const estimate = new ServiceEstimate();
  for (const ms of times) estimate.answered(ms);
  return estimate;
}

const steady = (ms: number, count: number): number[] => new Array<number>(count).fill(ms);

/** Lognormal times of 20 ms, those from `slowFrom` on twice as long. */
function lognormal(cv: number, seed: number, count: number, slowFrom = count): number[] {
  const slowAt = [{ frame: slowFrom, factor: 2 }];
  const next = serviceTimes({ serviceMs: 20, cv, seed, slowAt });
  return Array.from({ length: count }, (_, ordinal) => next(ordinal));
}

describe("ServiceEstimate", () => {
  test("knows nothing before the first answer, which it believes", () => {
    expect(after([]).meanMs).toBe(0);
    expect(after([20]).meanMs).toBe(20);
    expect(after([0]).meanMs).toBeGreaterThan(0);
  });

  test("the first answers count alike", () => {
    expect(after([20, 22]).meanMs).toBeCloseTo(21);
    expect(after([20, 22, 24, 18]).meanMs).toBeCloseTo(21);
  });

  test.each([
    [10, 1],
    [10, 2],
    [10, 3],
    [100, 1],
    [0.1, 1],
  ])("a stall of %d times, %d in a row, moves it by less than a tenth", (factor, count) => {
    const stalled = after([...steady(20, 100), ...steady(20 * factor, count)]);
    expect(Math.abs(stalled.meanMs / 20 - 1)).toBeLessThan(0.1);
  });

  test.each([2, 0.5, 20])("a change to %d times is followed with the fourth answer", (factor) => {
    const changed = (count: number): number =>
      after([...steady(20, 100), ...steady(20 * factor, count)]).meanMs;
    expect(Math.abs(changed(3) / 20 - 1)).toBeLessThan(0.1);
    expect(Math.abs(changed(4) / (20 * factor) - 1)).toBeLessThan(0.02);
  });

  // 20 seeds each; the standard error of a window of 39 answers is cv / √39.
  test.each([0.1, 0.3])("at cv %d half the speed is followed within 12 frames", (cv) => {
    const followed = Array.from({ length: 20 }, (_, seed) => after(lognormal(cv, seed, 112, 100)));
    const near = followed.filter(({ meanMs }) => Math.abs(meanMs / 40 - 1) < 0.25);
    expect(near.length).toBeGreaterThanOrEqual(18);
  });

  test.each([0.1, 0.3, 1])("at cv %d it is the mean, to within its own uncertainty", (cv) => {
    const estimate = new ServiceEstimate();
    let sum = 0;
    let within = 0;
    const times = lognormal(cv, 7, 20_000);
    for (const [index, ms] of times.entries()) {
      estimate.answered(ms);
      if (index < 100) continue;
      sum += estimate.meanMs;
      if (Math.abs(Math.log(estimate.meanMs / 20)) < 3 * estimate.uncertainty) within += 1;
    }
    expect(Math.abs(sum / (times.length - 100) / 20 - 1)).toBeLessThan(0.03);
    expect(within / (times.length - 100)).toBeGreaterThan(0.97);
    expect(estimate.spread / cv).toBeGreaterThan(0.5);
    expect(estimate.spread / cv).toBeLessThan(1.5);
  });

  test("p99Ms is what one time of a hundred exceeds", () => {
    const times = lognormal(0.3, 3, 2000);
    const { p99Ms } = after(times);
    const above = times.filter((ms) => ms > p99Ms).length;
    expect(above / times.length).toBeGreaterThan(0.002);
    expect(above / times.length).toBeLessThan(0.03);
  });

  test("a trial of a device that was slow is believed where it is much quicker", () => {
    const estimate = after(steady(400, 50));
    estimate.answered(20, true);
    expect(estimate.meanMs).toBe(20);
    const unchanged = after(steady(400, 50));
    unchanged.answered(395, true);
    expect(unchanged.meanMs).toBeCloseTo(399.75);
    unchanged.answered(4000, true);
    expect(unchanged.meanMs).toBeLessThan(420);
  });
});

test("residualMs() is what is left of everything given, and nothing of an idle device", () => {
  const residual = (device: object, nowMs: number): number =>
    residualMs(state([{ serviceMs: 10, busySinceMs: 100, ...device }]).devices[0] as never, nowMs);
  expect(residual({ inFlight: 0 }, 104)).toBe(0);
  expect(residual({ inFlight: 1 }, 104)).toBe(6);
  expect(residual({ inFlight: 1 }, 150)).toBe(0);
  expect(residual({ inFlight: 3 }, 104)).toBe(26);
});
