import { describe, expect, test } from "bun:test";
import { type LoadDefaults, readLoad } from "../../src/cli/modelled-sources.ts";

const DEFAULTS: LoadDefaults = {
  frames: undefined,
  frameCount: 6000,
  boundFps: 80,
  slots: 7,
  drop: "oldest",
};

describe("readLoad()", () => {
  test("reads rates and options", () => {
    const { sources, offeredFps, text } = readLoad(
      "15fps:count=2:weight=2,30fps:priority=-1:deadline=200",
      DEFAULTS,
    );
    expect(text).toBe("3 sources: 2 × 15fps:weight=2, 30fps:priority=-1:deadline=200");
    expect(offeredFps).toBe(60);
    // 6,000 frames at 60 a second take 100 s.
    const common = { slots: 7, drop: "oldest" };
    expect(sources).toMatchObject([
      { ...common, frames: 1500, weight: 2, priority: 0, deadlineMs: null },
      { ...common, frames: 1500, weight: 2, priority: 0, deadlineMs: null },
      { ...common, frames: 3000, weight: 1, priority: -1, deadlineMs: 200 },
    ]);
    expect(sources.map(({ arrivalMs }) => arrivalMs?.(3))).toEqual([200, 200 + 1000 / 30, 100]);
  });

  test("silent sources deliver nothing, or nothing more, and are not over", () => {
    const { sources, offeredFps } = readLoad("silent,10fps:silent-after=2,saturated", DEFAULTS);
    const [silent, later, saturated] = sources;
    expect(silent?.arrivalMs?.(0)).toBe(Number.POSITIVE_INFINITY);
    expect([1, 2].map((frame) => later?.arrivalMs?.(frame))).toEqual([100, Infinity]);
    expect(saturated?.arrivalMs).toBeNull();
    // 6,000 frames at 80 a second take 75 s, and two of them are those before the silence.
    expect([offeredFps, saturated?.frames]).toEqual([Number.POSITIVE_INFINITY, 5998]);
  });

  test("a saturated source has the frames it gets answered while the paced ones run", () => {
    const framesOf = (text: string): number[] =>
      readLoad(text, DEFAULTS).sources.map(({ frames }) => frames);
    // For 75 s: 2 frames a second of each camera, and the 66 that are left.
    expect(framesOf("2fps:count=7,saturated")).toEqual([...new Array(7).fill(150), 66 * 75]);
    // By weight: 8 and 64 of the 72 that are left.
    expect(framesOf("saturated,saturated:weight=8,8fps")).toEqual([600, 4800, 600]);
    // A higher priority takes it all.
    expect(framesOf("saturated:priority=1,saturated,8fps")).toEqual([6000, 1, 600]);
  });

  test("a saturated source waits for a slot, whatever gives way elsewhere", () => {
    const { sources } = readLoad("saturated,9fps", DEFAULTS);
    expect(sources.map(({ drop }) => drop)).toEqual(["never", "oldest"]);
  });

  test("frames are those of a minute at least, unless they are given", () => {
    expect(readLoad("1000fps", DEFAULTS).sources[0]?.frames).toBe(60_000);
    expect(readLoad("1000fps", { ...DEFAULTS, frames: 9 }).sources[0]?.frames).toBe(9);
  });

  test.each([
    ["15", "it begins with a rate above 0 such as 15fps, or saturated or silent"],
    ["0fps", "it begins with a rate above 0 such as 15fps, or saturated or silent"],
    ["15fps:wieght=2", 'unknown option "wieght"; did you mean "weight"?'],
    ["15fps:weight=0", '"weight" is a number above 0, not "0"'],
    ["15fps:weight", '"weight" is a number above 0, not ""'],
    ["15fps:count=1.5", '"count" is a whole number from 1 to 10000, not "1.5"'],
    ["15fps:count=1:count=2", '"count" is given twice'],
    ["15fps:deadline=-1", '"deadline" is a time in ms above 0, not "-1"'],
  ])("refuses %p", (text, reason) => {
    expect(() => readLoad(text, DEFAULTS)).toThrow(`Cannot simulate source "${text}": ${reason}`);
  });

  test("refuses more sources than can be simulated", () => {
    expect(() => readLoad("9fps:count=9000,8fps:count=9000", DEFAULTS)).toThrow(
      "18000 sources are too many: at most 10000",
    );
  });
});
