import { describe, expect, test } from "bun:test";
import { Device } from "../../src/pipeline/device.ts";
import { layoutArena } from "../../src/ring/arena.ts";

const layout = layoutArena({
  sources: [{ slotCount: 2, pixelBytes: 64, truthCapacity: 0 }],
  seatCount: 1,
  payloadBytes: 0,
});

function device(expectedMs: number): Device {
  const task = { model: null, onnxRuntimePath: null, simulated: null };
  const instance = { id: "sim-0", kind: "sim", description: "", weight: 1, expectedMs, task };
  return new Device(0, instance, layout, null);
}

let clockMs = 0;

/** The device answers a frame that took so long. */
function answer(device: Device, ms: number): void {
  clockMs += 10_000;
  device.answered(clockMs - ms, clockMs, 1);
}

test("Device.hangLimitMs is 2 s for a device that answers within 100 ms", () => {
  const quick = device(0);
  expect(quick.hangLimitMs).toBe(2000);
  quick.answered(10, 100, 1);
  expect(quick.hangLimitMs).toBe(2000);
});

test("Device.hangLimitMs is 20 times the p99 of a slow device", () => {
  const slow = device(0);
  slow.answered(10, 1010, 1);
  expect(slow.hangLimitMs).toBeCloseTo(20_000, -2);
});

test("Device.hangLimitMs knows a slow device before it has answered anything", () => {
  const warmed = device(0);
  warmed.warmed({ frameMs: 1500, callsMs: [] }, warmed.instance.task);
  expect(warmed.hangLimitMs).toBe(30_000);
  expect(device(3000).hangLimitMs).toBe(60_000);
});

test("Device.startLimitMs() is none at first, then 20 times the first start, at least 30 s", () => {
  const one = device(0);
  expect(one.startLimitMs()).toBe(Number.POSITIVE_INFINITY);
  one.firstStartMs = 400;
  expect(one.startLimitMs()).toBe(30_000);
  one.firstStartMs = 4000;
  expect(one.startLimitMs()).toBe(80_000);
});

test("Device.hangLimitMs follows a device that has become 20 times slower", () => {
  const throttled = device(0);
  for (let frame = 0; frame < 1000; frame += 1) answer(throttled, 100);
  for (let frame = 0; frame < 5; frame += 1) {
    // A frame that takes no longer than this one is no hang.
    expect(throttled.hangLimitMs).toBeGreaterThanOrEqual(2000);
    answer(throttled, 1990);
  }
  expect(throttled.hangLimitMs).toBeGreaterThan(35_000);
});

test("Device.hangsAfter() follows the limit, and is never before 2 s", () => {
  const slow = device(1);
  for (let frame = 0; frame < 100; frame += 1) answer(slow, 1000);
  expect([slow.hangsAfter(1999), slow.hangsAfter(19_000), slow.hangsAfter(20_100)]).toEqual([
    false,
    false,
    true,
  ]);
  expect([device(1).hangsAfter(1999), device(1).hangsAfter(2000)]).toEqual([false, true]);
});

describe("Device.batch", () => {
  const task = { model: null, onnxRuntimePath: "libonnxruntime.so", simulated: null };
  const instance = { id: "gpu-0", kind: "gpu", description: "", weight: 1, expectedMs: 0 };
  const callsMs = [
    [1, 10],
    [2, 13],
    [4, 19],
    [8, 38],
  ] as const;

  test("is what gains by measurement, within the goal", () => {
    const auto = new Device(0, { ...instance, task: { ...task, batch: "auto" } }, layout, null);
    expect(auto.batch).toBe(1);
    auto.warmed({ frameMs: 10, callsMs }, auto.instance.task);
    // 4 frames take 19 ms, of the 20 that two single ones may take.
    expect([auto.batch, auto.batchCost]).toEqual([4, expect.closeTo(0.3, 10)]);
    const hasty = new Device(0, { ...instance, task: { ...task, batch: "auto" } }, layout, 30);
    hasty.warmed({ frameMs: 10, callsMs }, hasty.instance.task);
    expect(hasty.batch).toBe(2);
  });

  test("is what was asked for, whatever it gains", () => {
    const asked = new Device(0, { ...instance, task: { ...task, batch: 8 } }, layout, 1000);
    asked.warmed({ frameMs: 10, callsMs }, asked.instance.task);
    // 38 ms: 28 more for 7 frames more.
    expect([asked.batch, asked.batchCost]).toEqual([8, expect.closeTo(0.4, 10)]);
  });

  test("is what a calibration chose, beyond the default goal", () => {
    const chosen = { ...instance, goalFrames: 8, task: { ...task, batch: 8 } };
    const device = new Device(0, chosen, layout, null);
    // 8 frames take 38 ms, of the 40 that half of 8 single ones' times are.
    device.warmed({ frameMs: 10, callsMs }, chosen.task);
    expect(device.batch).toBe(8);
  });

  test("is one frame where nothing was measured", () => {
    const auto = new Device(0, { ...instance, task: { ...task, batch: "auto" } }, layout, null);
    auto.warmed({ frameMs: 10, callsMs: [] }, auto.instance.task);
    expect(auto.batch).toBe(1);
  });

  test("a call counts its time once, and its frames each", () => {
    const device = new Device(0, { ...instance, task: { ...task, batch: "auto" } }, layout, null);
    device.warmed({ frameMs: 10, callsMs }, device.instance.task);
    for (let frame = 0; frame < 4; frame += 1) device.answered(100, 119, 4);
    expect([device.frames, device.calls, device.busyMs]).toEqual([4, 1, 19]);
    expect(device.serviceMs).toBeCloseTo(10);
    expect(device.latency.mean).toBeCloseTo(19, 0);
  });
});
