import { describe, expect, test } from "bun:test";
import { intervalAgreement, markedIntervals } from "../../src/cascade/intervals.ts";
import { IGNORED } from "../../src/cascade/types.ts";
import { oneSecondWindows, windowedAccuracy } from "../../src/cascade/windows.ts";

const bits = (text: string): Uint8Array => Uint8Array.from(text, Number);

describe("markedIntervals()", () => {
  test("stretches of marked frames", () => {
    expect(markedIntervals(bits("0110010"))).toEqual([
      { first: 1, last: 2 },
      { first: 5, last: 5 },
    ]);
  });

  test("short gaps are closed before short stretches are left out", () => {
    const options = { joinFrames: 1, framesMin: 3 };
    expect(markedIntervals(bits("10100011"), options)).toEqual([{ first: 0, last: 2 }]);
  });
});

describe("intervalAgreement()", () => {
  test("an interval is found where half of both is shared", () => {
    const truth = [
      { first: 0, last: 9 },
      { first: 20, last: 29 },
    ];
    // 5 of 10 shared is 0.5; 4 of 16 is 0.25; the last one meets nothing.
    const found = [
      { first: 5, last: 9 },
      { first: 26, last: 35 },
      { first: 50, last: 51 },
    ];
    expect(intervalAgreement(found, truth)).toEqual({ recall: 1 / 2, precision: 1 / 3 });
  });

  test("one found interval stands for one true one", () => {
    const truth = [
      { first: 0, last: 9 },
      { first: 12, last: 14 },
    ];
    expect(intervalAgreement([{ first: 0, last: 14 }], truth)).toEqual({
      recall: 1 / 2,
      precision: 1,
    });
  });

  test("nothing there and nothing found agree", () => {
    expect(intervalAgreement([], [])).toEqual({ recall: 1, precision: 1 });
  });
});

describe("windowedAccuracy()", () => {
  test("28 frames of 30 must agree", () => {
    expect(oneSecondWindows(30)).toEqual({ windowFrames: 30, agreeFrames: 28 });
    const truth = new Uint8Array(90);
    const answers = new Uint8Array(90);
    answers.fill(1, 0, 2).fill(1, 30, 33);
    expect(windowedAccuracy(answers, truth, oneSecondWindows(30))).toMatchObject({
      windows: 3,
      right: 2,
    });
  });

  test("frames that do not count agree with anything, and alone make no window", () => {
    const truth = Uint8Array.of(IGNORED, IGNORED, 1, 1);
    const options = { windowFrames: 2, agreeFrames: 2 };
    expect(windowedAccuracy(bits("0111"), truth, options)).toMatchObject({
      windows: 1,
      accuracy: 1,
    });
  });
});
