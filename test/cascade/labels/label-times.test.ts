import { describe, expect, test } from "bun:test";
import { timeMisfit } from "../../../src/cascade/labels/label-times.ts";

/** Labels of frames in turn, with these times. */
function labels(timesMs: readonly number[]) {
  const frames = timesMs.map((_, frame) => ({ frame, timeMs: 0, objects: [] }));
  return { frames, timesMs: Float64Array.from(timesMs) };
}
const every = (ms: number, count: number): number[] =>
  Array.from({ length: count }, (_, frame) => frame * ms);
const unknown = () => Promise.resolve(null);
const never = () => Promise.reject(new Error("asked for times"));

describe("timeMisfit()", () => {
  test("finds none where times fit to half a frame, and needs no others then", async () => {
    expect(await timeMisfit(labels(every(40, 100)), { fps: 25 }, never)).toBeNull();
    const jittered = every(40, 100).map((ms) => ms + 19);
    expect(await timeMisfit(labels(jittered), { fps: 25 }, never)).toBeNull();
    expect(await timeMisfit(labels(every(1001 / 30, 9000)), { fps: 30_000 / 1001 }, never)).toBe(
      null,
    );
  });

  test("finds the last frame of labels with another rate", async () => {
    const misfit = { frame: 99, saidMs: 99 * 40, timeMs: 6600 };
    expect(await timeMisfit(labels(every(40, 100)), { fps: 15 }, unknown)).toEqual(misfit);
    const real = () => Promise.resolve(Float64Array.from(every(1000 / 15, 100)));
    const found = await timeMisfit(labels(every(40, 100)), { fps: 15 }, real);
    expect(found).toMatchObject({ frame: 99, saidMs: 3960 });
  });

  test("takes uneven times where they are the footage's own, and no others", async () => {
    const slow = [0, 40, 80, 1080, 2080, 3080, 4080, 5080];
    const real = () => Promise.resolve(Float64Array.from(slow));
    expect(await timeMisfit(labels(slow), { fps: 2 }, real)).toBeNull();
    expect(await timeMisfit(labels(every(40, 8)), { fps: 2 }, real)).not.toBeNull();
  });

  test("lets times that may be uneven be, unless they are clearly off", async () => {
    const rate = every(1000 / 15.3, 900);
    expect(await timeMisfit(labels(rate), { fps: 15 }, unknown)).toBeNull();
    expect(await timeMisfit(labels(every(1000 / 25, 900)), { fps: 15 }, unknown)).not.toBeNull();
  });

  test("passes over frames without a time, a few that are off, and footage without a rate", async () => {
    const some = every(40, 100).map((ms, frame) => (frame % 2 === 0 ? ms : Number.NaN));
    expect(await timeMisfit(labels(some), { fps: 25 }, never)).toBeNull();
    expect(await timeMisfit(labels(some.map(() => Number.NaN)), { fps: 1 }, never)).toBeNull();
    const hiccup = every(40, 100).map((ms, frame) => (frame < 40 ? ms + 500 : ms));
    expect(await timeMisfit(labels(hiccup), { fps: 25 }, never)).toBeNull();
    expect(await timeMisfit(labels(every(40, 100)), { fps: 0 }, never)).toBeNull();
  });
});
