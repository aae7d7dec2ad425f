import { describe, expect, test } from "bun:test";
import { earliestFinish } from "../../src/schedule/earliest-finish.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { simulate } from "../../src/schedule/simulator.ts";
import { state } from "./state.ts";
import { draw } from "./timeline.ts";

describe("earliestFinish()", () => {
  test("assigns every frame where it will be answered first", () => {
    // Finish times by hand: a 2, b 4, c 6 or 5, d 6, e 8, f 10 (a tie: the first device), g 12 or
    // 10, h 12, 15 or 10, i 12.
    expect(draw({ scheduler: () => earliestFinish(), ticks: "2 5 10", arrivals: "9" })).toEqual([
      "aabbddeeffii",
      "cccccggggg..",
      "hhhhhhhhhh..",
      "||a||b|c|d||e||fgh||i",
    ]);
  });

  test("counts what is left of the current frame, not all of it", () => {
    const half = { serviceMs: 4, inFlight: 1, busySinceMs: 0 };
    // At 3 the first is done with a second frame at 3 + 1 + 4 = 8, the idle one at 3 + 5.5 = 8.5.
    expect(earliestFinish().enter(state([half, { serviceMs: 5.5 }], { nowMs: 3 }))).toBe(0);
    expect(earliestFinish().enter(state([half, { serviceMs: 5.5 }], { nowMs: 2 }))).toBe(1);
  });

  test("tries a device whose time is unknown once, and with one frame alone", () => {
    const known = { serviceMs: 2 };
    const enter = (unknown: object): number => earliestFinish().enter(state([known, unknown]));
    expect(enter({})).toBe(1);
    expect(enter({ inFlight: 1 })).toBe(0);
    expect(enter({ assigned: 1 })).toBe(0);
  });

  test("leaves frames to whoever is free first while no time is known and each has a frame", () => {
    expect(earliestFinish().enter(state([{ assigned: 1 }, { inFlight: 1 }]))).toBe(-1);
    expect(earliestFinish().enter(state([{ assigned: 1 }, {}]))).toBe(1);
  });

  test("keeps many devices busy from the first frames on, which all come at once", () => {
    // 16 devices of 20 ms answer 800 a second; the first 20 ms and the last cost 2 of 250 rounds.
    const { throughputFps } = simulate({
      devices: Array.from({ length: 16 }, () => deviceModel({ serviceMs: 20 })),
      sources: Array.from({ length: 40 }, () => ({
        frames: 100,
        slots: 10,
        drop: "never" as const,
        arrivalMs: null,
      })),
      scheduler: () => earliestFinish(),
    });
    expect(throughputFps).toBeGreaterThan(0.98 * 800);
  });

  test("passes over devices that have gone; -1 where all have", () => {
    const gone = { alive: false, serviceMs: 1 };
    expect(earliestFinish().enter(state([gone, { serviceMs: 9 }]))).toBe(1);
    expect(earliestFinish().enter(state([gone, gone]))).toBe(-1);
  });
});
