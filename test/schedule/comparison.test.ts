import { describe, expect, test } from "bun:test";
import { compareSchedules, throughputBound } from "../../src/schedule/comparison.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { paced } from "../../src/schedule/modelled-source.ts";
import { parseSchedule } from "../../src/schedule/schedule-spec.ts";

const devices = [20, 50, 100].map((serviceMs, index) => ({
  ...deviceModel({ serviceMs, weight: 100 / serviceMs }),
  id: `sim-${index}`,
}));

describe("compareSchedules()", () => {
  test("runs every schedule on the same devices, with its weights", () => {
    const figures = compareSchedules({
      devices,
      sources: [{ frames: 4000, slots: 10, drop: "never", arrivalMs: null }],
      schedules: ["look-ahead", "smooth", "smooth:weights=7:3:1"].map(parseSchedule),
      seedCount: 2,
    });
    expect(figures.map(({ schedule }) => schedule)).toEqual([
      "look-ahead",
      "smooth",
      "smooth:weights=7:3:1",
    ]);
    const [lookAhead, smooth, given] = figures;
    expect(lookAhead?.throughputFps).toBeCloseTo(80, 0);
    expect(smooth?.throughputFps).toBeCloseTo(80, 0);
    expect(given?.throughputFps).toBeCloseTo(73.3, 0);
    expect(lookAhead?.frames).toEqual({ received: 4000, emitted: 4000, dropped: 0, failed: 0 });
    // At 11 frames in 150 ms: 7 × 20, 3 × 50 and 1 × 100 ms.
    expect(given?.busyRatios.map((ratio) => Math.round(100 * ratio))).toEqual([93, 100, 67]);
  });

  test("drops are those of one run, however many there are", () => {
    // 20 ms a frame against one every 10 ms: half of them, but for the few in the slots at the end.
    const dropped = [1, 4].map((seedCount) => {
      const [figures] = compareSchedules({
        devices: devices.slice(0, 1),
        sources: [{ frames: 1000, slots: 2, drop: "newest", arrivalMs: paced(100) }],
        schedules: [parseSchedule("pull")],
        seedCount,
      });
      const { received = 0, emitted = 0, dropped = 0, failed = 0 } = figures?.frames ?? {};
      expect(received).toBe(1000);
      expect(emitted + dropped + failed).toBe(received);
      return dropped;
    });
    for (const count of dropped) expect(Math.abs(count - 500)).toBeLessThanOrEqual(2);
  });

  test("runs differ in their times, and the range shows it", () => {
    const [figures] = compareSchedules({
      devices: devices.map((device) => ({ ...device, cv: 0.3 })),
      sources: [{ frames: 2000, slots: 10, drop: "never", arrivalMs: paced(72) }],
      schedules: [parseSchedule("pull")],
      seedCount: 3,
    });
    const [lowest, highest] = figures?.p99RangeMs ?? [0, 0];
    expect(highest).toBeGreaterThan(lowest);
    expect(figures?.p99Ms).toBeGreaterThan(lowest);
    expect(figures?.p99Ms).toBeLessThan(highest);
  });
});

test("compareSchedules() counts frames in windows, where they have a length", () => {
  const options = {
    // 10 frames of 20 ms, 10 of 40 ms.
    devices: [{ ...deviceModel({ serviceMs: 20, slowAt: [{ frame: 10, factor: 2 }] }), id: "a" }],
    sources: [{ frames: 20, slots: 2, drop: "never" as const, arrivalMs: null }],
    schedules: [parseSchedule("pull")],
    seedCount: 2,
  };
  const [figures] = compareSchedules({ ...options, windowMs: 201 });
  expect(figures?.windowFps.map((fps) => Math.round(fps * 0.201))).toEqual([10, 5]);
  expect(compareSchedules(options)[0]?.windowFps).toEqual([]);
});

test("throughputBound() is the sum of the rates", () => {
  expect(throughputBound(devices)).toBeCloseTo(80);
  // 4 frames in 20 + 3 · 5 ms.
  expect(throughputBound([{ serviceMs: 20, batch: 4, batchCost: 0.25 }])).toBeCloseTo(4 / 0.035);
  expect(throughputBound([{ serviceMs: 0 }])).toBe(Number.POSITIVE_INFINITY);
});
