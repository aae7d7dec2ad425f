import { expect, test } from "bun:test";
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
  return new Device(0, instance, layout);
}

test("Device.hangLimitMs is 2 s for a device that answers within 100 ms", () => {
  const quick = device(0);
  expect(quick.hangLimitMs).toBe(2000);
  quick.answered(90);
  expect(quick.hangLimitMs).toBe(2000);
});

test("Device.hangLimitMs is 20 times the p99 of a slow device", () => {
  const slow = device(0);
  slow.answered(1000);
  expect(slow.hangLimitMs).toBeCloseTo(20_000, -2);
});

test("Device.hangLimitMs knows a slow device before it has answered anything", () => {
  const warmed = device(0);
  warmed.warmFrameMs = 1500;
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
  for (let frame = 0; frame < 1000; frame += 1) throttled.answered(100);
  for (let frame = 0; frame < 5; frame += 1) {
    // A frame that takes no longer than this one is no hang.
    expect(throttled.hangLimitMs).toBeGreaterThanOrEqual(2000);
    throttled.answered(1990);
  }
  expect(throttled.hangLimitMs).toBeGreaterThan(35_000);
});

test("Device.hangsAfter() follows the limit, and is never before 2 s", () => {
  const slow = device(1);
  for (let frame = 0; frame < 100; frame += 1) slow.answered(1000);
  expect([slow.hangsAfter(1999), slow.hangsAfter(19_000), slow.hangsAfter(20_100)]).toEqual([
    false,
    false,
    true,
  ]);
  expect([device(1).hangsAfter(1999), device(1).hangsAfter(2000)]).toEqual([false, true]);
});
