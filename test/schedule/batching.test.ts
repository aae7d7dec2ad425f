import { describe, expect, test } from "bun:test";
import { batchGain, batchShare, callMs, callsMs, costOf } from "../../src/schedule/batching.ts";
import { state } from "./state.ts";

const device = { serviceMs: 20, batch: 4, batchCost: 0.25 };

describe("callMs() and callsMs()", () => {
  test("a further frame adds its cost to a call", () => {
    expect([1, 2, 4].map((count) => callMs(device, count))).toEqual([20, 25, 35]);
  });

  test("frames go in full calls and a last one of the rest", () => {
    // 35 + 35 + 20; 35; nothing.
    expect([9, 4, 0].map((count) => callsMs(device, count))).toEqual([90, 35, 0]);
    expect(callsMs({ ...device, batch: 1 }, 3)).toBe(60);
  });
});

describe("batchShare()", () => {
  const share = (devices: Parameters<typeof state>[0], waiting: number): number[] =>
    devices.map((_, index) => batchShare(state(devices).devices, index, waiting));

  test("one device takes what waits, up to its batch", () => {
    expect([1, 3, 4, 9].map((waiting) => share([device], waiting)[0])).toEqual([1, 3, 4, 4]);
  });

  test("equal devices share, the first taking the odd frame", () => {
    expect(share([device, device], 4)).toEqual([2, 2]);
    expect(share([device, device], 3)).toEqual([2, 2]);
    expect(share([device, device], 20)).toEqual([4, 4]);
  });

  test("unequal ones share by their rates: 4 in 35 ms against 1 in 100 ms", () => {
    // 8 · (4/35) / (4/35 + 1/100) = 7.4.
    expect(share([{ ...device, batch: 8, batchCost: 0.75 / 7 }, { serviceMs: 100 }], 8)).toEqual([
      8, 1,
    ]);
  });

  test("devices that are busy, gone or unknown take no share; an unknown one takes one frame", () => {
    const busy = { ...device, inFlight: 1 };
    expect(share([device, busy, { ...device, alive: false }], 4)[0]).toBe(4);
    expect(share([device, { ...device, serviceMs: 0 }], 4)).toEqual([4, 1]);
  });
});

describe("batchGain()", () => {
  test("keeps the largest size at which a frame takes four fifths or less", () => {
    // 10, 6.5, 4.75 and 4.75 ms a frame.
    const times = [
      [1, 10],
      [2, 13],
      [4, 19],
      [8, 38],
    ] as const;
    const { batch, batchCost } = batchGain(times);
    expect(batch).toBe(4);
    expect(batchCost).toBeCloseTo(0.3, 10);
  });

  test("keeps single frames where two take nearly twice as long, or nothing was measured", () => {
    expect(
      batchGain([
        [1, 10],
        [2, 16.2],
        [4, 20],
      ]).batch,
    ).toBe(1);
    expect(batchGain([[1, 10]]).batch).toBe(1);
    expect(batchGain([]).batch).toBe(1);
  });

  test("a model that always runs four costs nothing more for the others", () => {
    expect(
      batchGain([
        [1, 40],
        [2, 40],
        [4, 39],
      ]),
    ).toEqual({ batch: 4, batchCost: 0 });
  });
});

test("costOf() is what each further frame adds, never less than nothing", () => {
  expect(costOf(10, 4, 25)).toBe(0.5);
  expect(costOf(10, 4, 9)).toBe(0);
  expect(costOf(10, 1, 10)).toBe(1);
});
