import { expect, test } from "bun:test";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { paced } from "../../src/schedule/modelled-source.ts";
import { RestedDevices } from "../../src/schedule/rested.ts";
import { createScheduler } from "../../src/schedule/schedule-spec.ts";
import { simulate } from "../../src/schedule/simulator.ts";
import { state } from "./state.ts";

/** The slow device's time after a look at the given clock and number of arrivals. */
function serviceMsAfter(nowMs: number, arrivals: number, rest: object = {}): number {
  const { devices } = state([{ serviceMs: 20 }, { serviceMs: 100, ...rest }]);
  const rested = new RestedDevices(devices);
  rested.look(0, 0);
  for (let frame = 0; frame < 5; frame += 1) rested.given(1, 1000, 10);
  rested.given(0, nowMs - 20, arrivals);
  rested.look(nowMs, arrivals);
  return devices[1]?.serviceMs as number;
}

test("RestedDevices forgets the time of a device that rests for 200 of its times and 500 frames", () => {
  expect(serviceMsAfter(21_000, 510)).toBe(0);
  expect(serviceMsAfter(20_900, 510)).toBe(100);
  expect(serviceMsAfter(21_000, 509)).toBe(100);
});

test("RestedDevices leaves devices alone that have work, or have gone", () => {
  expect(serviceMsAfter(21_000, 510, { inFlight: 1 })).toBe(100);
  expect(serviceMsAfter(21_000, 510, { assigned: 1 })).toBe(100);
  expect(serviceMsAfter(21_000, 510, { alive: false })).toBe(100);
});

test("RestedDevices forgets one device at a time", () => {
  const { devices } = state([{ serviceMs: 50 }, { serviceMs: 60 }]);
  const rested = new RestedDevices(devices);
  rested.look(0, 0);
  rested.look(10_000, 500);
  expect(devices.map(({ serviceMs }) => serviceMs)).toEqual([0, 60]);
  rested.look(10_001, 500);
  expect(devices.map(({ serviceMs }) => serviceMs)).toEqual([0, 60]);
});

test("RestedDevices tries a device that was quicker soon, and then after twice the time", () => {
  const { devices } = state([{ serviceMs: 20 }]);
  const device = devices[0] as (typeof devices)[number];
  const rested = new RestedDevices(devices);
  rested.look(0, 0);
  for (let frame = 0; frame < 5; frame += 1) rested.given(0, 0, 0);
  rested.look(250, 0);
  // It has become ten times slower, and stays so.
  const triedMs: number[] = [];
  device.serviceMs = 200;
  for (let nowMs = 500; nowMs <= 40_000; nowMs += 250) {
    rested.look(nowMs, nowMs);
    if (device.serviceMs !== 0) continue;
    triedMs.push(nowMs);
    rested.given(0, nowMs, nowMs);
    device.serviceMs = 200;
  }
  // Rests of 5, 10, 20, 40 and 80 times 200 ms; the next one, of 160, ends after 40 s.
  expect(triedMs).toEqual([1000, 3000, 7000, 15_000, 31_000]);
});

// A burst of load makes two devices slow for a while: what they were then is soon forgotten.
test.each(["look-ahead", "earliest-finish"] as const)(
  "%s is at its full rate again 20 s after a burst that slowed two of three devices",
  (name) => {
    const emittedMs: number[] = [];
    const slow = (from: number, factor: number) => [
      { frame: from, factor },
      { frame: from + 5, factor: 1 / factor },
    ];
    simulate({
      devices: [
        deviceModel({ serviceMs: 20, cv: 0.1, slowAt: slow(100, 50) }),
        deviceModel({ serviceMs: 50, cv: 0.1, slowAt: slow(40, 20) }),
        deviceModel({ serviceMs: 100, cv: 0.1 }),
      ],
      sources: [{ frames: 4000, slots: 10, drop: "never", arrivalMs: null }],
      scheduler: (devices) => createScheduler(name, devices),
      observe({ kind, timeMs }) {
        if (kind === "emitted") emittedMs.push(timeMs);
      },
    });
    // The burst takes 5 frames of 1 s, from 2 s on.
    const after = emittedMs.filter((ms) => ms >= 30_000 && ms < 50_000);
    expect(after.length / 20).toBeGreaterThan(0.97 * 80);
  },
);

// The second device is slow for its frames 10 to 12 only, and not needed meanwhile: whether it has
// become quick again shows only when it is tried.
test.each(["look-ahead", "earliest-finish"] as const)(
  "%s comes back to a device that was slow and is the quickest now",
  (name) => {
    const begun: { device: number; timeMs: number }[] = [];
    simulate({
      devices: [
        deviceModel({ serviceMs: 30 }),
        deviceModel({
          serviceMs: 10,
          slowAt: [
            { frame: 10, factor: 20 },
            { frame: 13, factor: 1 / 20 },
          ],
        }),
      ],
      sources: [{ frames: 6000, slots: 8, drop: "never", arrivalMs: paced(30) }],
      scheduler: (devices) => createScheduler(name, devices),
      observe({ kind, device, timeMs }) {
        if (kind === "began") begun.push({ device, timeMs });
      },
    });
    const late = begun.slice(-500);
    expect(late.filter(({ device }) => device === 1).length).toBeGreaterThan(490);
  },
);

test("trying a device that has stayed slow makes less than one frame of 100 late", () => {
  const latencies = (slowMs: number): number => {
    const enteredMs: number[] = [];
    let late = 0;
    simulate({
      devices: [deviceModel({ serviceMs: 20 }), deviceModel({ serviceMs: slowMs })],
      sources: [{ frames: 14_000, slots: 12, drop: "never", arrivalMs: paced(25) }],
      scheduler: (devices) => createScheduler("look-ahead", devices),
      observe({ kind, frame, timeMs }) {
        if (kind === "entered") enteredMs[frame] = timeMs;
        // In the beginning a slow device is tried more often.
        if (frame < 4000 || kind !== "emitted") return;
        if (timeMs - (enteredMs[frame] as number) > 25) late += 1;
      },
    });
    return late / 10_000;
  };
  for (const slowMs of [100, 1000]) expect(latencies(slowMs)).toBeLessThan(0.01);
});
