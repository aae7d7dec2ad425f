import { describe, expect, test } from "bun:test";
import { lookAhead } from "../../src/schedule/look-ahead.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { simulate } from "../../src/schedule/simulator.ts";
import { state } from "./state.ts";
import { draw } from "./timeline.ts";

// Expected timelines are worked by hand from k = Σ ⌊(T − residualᵢ) / Tᵢ⌋ over quicker devices.
describe("lookAhead()", () => {
  test("every device takes the frame whose turn comes when it will be done", () => {
    // At 0 the second device takes c, because the first will do a and b in its 5 ticks; the third
    // takes h, because the others will do a to g in its 10. i and j are left to the first.
    expect(draw({ scheduler: () => lookAhead(), ticks: "2 5 10", arrivals: "9" })).toEqual([
      "aabbddeeffii",
      "cccccggggg..",
      "hhhhhhhhhh..",
      "||a||b|c|d||e||fgh||i",
    ]);
  });

  test("below saturation slower devices stay idle while a quicker one keeps up", () => {
    expect(draw({ scheduler: () => lookAhead(), ticks: "2 5", arrivals: "1.1.1..1" })).toEqual([
      "aabbcc.dd",
      ".........",
      "||a||b||c|||d",
    ]);
  });

  test("without deferring they take the last frame that waits", () => {
    const scheduler = () => lookAhead({ defer: false });
    expect(draw({ scheduler, ticks: "2 5", arrivals: "2...." })).toEqual([
      "aa...",
      "bbbbb",
      "||a|||b",
    ]);
  });

  test("when a source has no slot left every device works", () => {
    // Two slots: b fills them, so the slow device may not leave it to the quick one. c can enter
    // only when a has left.
    expect(draw({ scheduler: () => lookAhead(), ticks: "2 5", arrivals: "3", slots: 2 })).toEqual([
      "aacc.",
      "bbbbb",
      "||a|||bc",
    ]);
  });

  test("a device stays idle before which the others would run out of slots", () => {
    const devices = [{ serviceMs: 2, inFlight: 1 }, { serviceMs: 20 }];
    const next = (slotCount: number): number =>
      lookAhead().next(state(devices, { waiting: 3, lastHeldUp: 2, slotCount }), 1);
    // The quick one does ⌊(20 - 2) / 2⌋ = 9 meanwhile: 2 before the last one and 7 behind it.
    expect(next(8)).toBe(2);
    expect(next(7)).toBe(-1);
  });

  test("a device that has become far too slow costs the others nothing", () => {
    const run = (times: readonly number[]): number =>
      simulate({
        devices: times.map((serviceMs) => deviceModel({ serviceMs, cv: 0.1 })),
        sources: [{ frames: 3000, slots: 10, drop: "never", arrivalMs: null }],
        scheduler: () => lookAhead(),
        warmUp: 500,
      }).throughputFps;
    // 50 + 20 frames a second; 10 slots behind one frame of 400 ms would be 47.
    expect(run([20, 50, 400])).toBeGreaterThan(0.97 * 70);
    expect(run([20, 50, 2000])).toBeGreaterThan(0.97 * 70);
    // Still worth its frames: 50 + 20 + 5.
    expect(run([20, 50, 200])).toBeGreaterThan(0.97 * 75);
  });

  test("where fewer wait, it takes one of a source that is held up, or none", () => {
    const devices = [{ serviceMs: 2 }, { serviceMs: 10 }];
    expect(lookAhead().next(state(devices, { waiting: 4, lastHeldUp: 1 }), 1)).toBe(1);
    expect(lookAhead().next(state(devices, { waiting: 4, lastHeldUp: -1 }), 1)).toBe(-1);
  });

  test("a device whose time is unknown takes the oldest frame", () => {
    const devices = [{ serviceMs: 2 }, { serviceMs: 0 }];
    expect(lookAhead().next(state(devices, { waiting: 4 }), 1)).toBe(0);
  });

  test("frames of a device that has gone or is stuck are not waited for", () => {
    const slow = { serviceMs: 10 };
    const busy = { serviceMs: 2, inFlight: 1, busySinceMs: 100 };
    const next = (quick: object, nowMs: number): number =>
      lookAhead().next(state([quick, slow], { waiting: 9, nowMs }), 1);
    expect(next({ serviceMs: 2 }, 100)).toBe(5);
    expect(next(busy, 100)).toBe(4);
    expect(next(busy, 108)).toBe(5); // Overdue: done at any moment.
    expect(next(busy, 109)).toBe(0); // More than 4 times its service time.
    expect(next({ ...busy, alive: false }, 100)).toBe(0);
  });

  test("what a device has been given ahead counts before anything else it could take", () => {
    const ahead = { serviceMs: 2, depth: 3, inFlight: 3, busySinceMs: 99 };
    // 1 + 2 + 2 ms left of 10: 2 more frames.
    const now = state([ahead, { serviceMs: 10 }], { waiting: 9, nowMs: 100 });
    expect(lookAhead().next(now, 1)).toBe(2);
  });

  test("of equal devices none waits for the other", () => {
    expect(draw({ scheduler: () => lookAhead(), ticks: "3 3 3", arrivals: "4" })).toEqual([
      "aaaddd",
      "bbb...",
      "ccc...",
      "|||abc|||d",
    ]);
  });

  const atOnce = true;

  // Calls of two cost what calls of one do; the letter is that of a call's last frame.
  test("a quicker device that takes two at a time is left twice as many", () => {
    // At 0 the quick one takes a and b and, in the other's 6 ticks, 2 calls more: c to f are its,
    // the slow one takes g.
    expect(
      draw({ scheduler: () => lookAhead(), ticks: "2 6", batches: "2 1", arrivals: "8", atOnce }),
    ).toEqual(["bbddffhh", "gggggg..", "||ab||cd||efg||h"]);
  });

  test("a slower device that takes two at a time takes them from where its turn comes", () => {
    expect(
      draw({ scheduler: () => lookAhead(), ticks: "2 4", batches: "1 2", arrivals: "6", atOnce }),
    ).toEqual(["aabbeeff", "dddd....", "||a||bcd||e||f"]);
  });

  test("a lone frame is left to a quicker device, whatever a full call of that would take", () => {
    const quick = { serviceMs: 10, batch: 8, batchCost: 0.5, inFlight: 1, busySinceMs: 95 };
    const slow = { serviceMs: 20 };
    const next = (waiting: number): number =>
      lookAhead().next(state([quick, slow], { waiting, nowMs: 100 }), 1);
    // 15 ms are left after the quick one's frame: enough for a call of 2, not for one of 3.
    expect(next(1)).toBe(-1);
    expect(next(2)).toBe(-1);
    expect(next(3)).toBe(0);
  });

  test("what it takes early it takes alone, in the time of one frame", () => {
    const slow = { serviceMs: 10, batch: 2 };
    const next = (slotCount: number): number =>
      lookAhead().next(
        state([{ serviceMs: 2 }, slow], { waiting: 2, lastHeldUp: 1, slotCount }),
        1,
      );
    // In the 10 ms of one frame, not the 20 ms of two, the quick one does 5: 4 behind the last one.
    expect(next(5)).toBe(1);
    expect(next(4)).toBe(-1);
  });

  test("a whole number of frames is whole, be the quotient of the times rounded down", () => {
    // 0.3 / 0.1 is 2.9999999999999996 in double precision: the quick one does three frames.
    const devices = [{ serviceMs: 0.1 }, { serviceMs: 0.3 }];
    expect(lookAhead().next(state(devices, { waiting: 4 }), 1)).toBe(3);
  });
});
