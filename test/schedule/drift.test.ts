import { describe, expect, test } from "bun:test";
import { DriftWatch } from "../../src/schedule/drift.ts";
import { ServiceEstimate } from "../../src/schedule/service-estimate.ts";
import { serviceTimes } from "../../src/service-times.ts";

/**
 * Plays a device that is never idle, one letter a phase of `seconds`: a frame takes the letter's
 * time, and the watch looks every 200 ms. Says what it tells, times in ms and s.
 */
function story(phases: string, times: Readonly<Record<string, number>>, seconds = 3): string[] {
  const watch = new DriftWatch();
  const estimate = new ServiceEstimate();
  const told: string[] = [];
  let nowMs = 0;
  let lookMs = 0;
  let answers = 0;
  for (const [index, phase] of [...phases].entries()) {
    for (const ms = times[phase] as number; nowMs < (index + 1) * seconds * 1000; ) {
      nowMs += ms;
      estimate.answered(ms);
      answers += 1;
      for (; lookMs <= nowMs; lookMs += 200) {
        const change = watch.look(lookMs, estimate, answers);
        if (change === null) continue;
        const { sinceMs, fromMs, toMs } = change;
        told.push(
          `${fromMs.toFixed(0)} → ${toMs.toFixed(0)} ms since ${(sinceMs / 1000).toFixed(0)} s`,
        );
      }
    }
  }
  return told;
}

/** What is told of lognormal times from `seed`, looked at after every frame. */
function tellings(cv: number, seed: number, factor: number, frames: number): readonly number[] {
  const slowAt = [{ frame: frames / 2, factor }];
  const next = serviceTimes({ serviceMs: 20, cv, seed, slowAt });
  const watch = new DriftWatch();
  const estimate = new ServiceEstimate();
  const factors: number[] = [];
  let nowMs = 0;
  for (let ordinal = 0; ordinal < frames; ordinal += 1) {
    const ms = next(ordinal);
    nowMs += ms;
    estimate.answered(ms);
    const change = watch.look(nowMs, estimate, ordinal + 1);
    if (change !== null) factors.push(change.toMs / change.fromMs);
  }
  return factors;
}

describe("DriftWatch", () => {
  test("tells once of a device that becomes slower, and once when it recovers", () => {
    expect(story("aaabbbaaa", { a: 20, b: 40 })).toEqual([
      "20 → 40 ms since 9 s",
      "40 → 20 ms since 18 s",
    ]);
  });

  test("tells every step of a device that gets slower and slower", () => {
    expect(story("abcd", { a: 20, b: 30, c: 60, d: 20 })).toEqual([
      "20 → 30 ms since 3 s",
      "30 → 60 ms since 6 s",
      "60 → 20 ms since 9 s",
    ]);
  });

  test("less than a quarter is no change, nor is what lasts less than half a second", () => {
    expect(story("aaba", { a: 20, b: 24 })).toEqual([]);
    expect(story("aaaaaaaaaaaabaaaaaaa", { a: 20, b: 40 }, 0.3)).toEqual([]);
  });

  test("less than half a millisecond is no change of a quick device", () => {
    expect(story("ab", { a: 0.2, b: 0.6 })).toEqual([]);
    expect(story("ab", { a: 0.2, b: 0.8 })).toHaveLength(1);
  });

  test("a speed that wavers about the limit is told at most once", () => {
    expect(story("aabcbcbcbcbc", { a: 20, b: 24, c: 26 }).length).toBeLessThanOrEqual(1);
  });

  test("what happens in the first second is not known yet, and no change", () => {
    expect(story("abbb", { a: 100, b: 20 }, 0.8)).toEqual([]);
  });

  test("a slower frame a second is looked at by its answers, not by the clock", () => {
    // Three answers after the estimate has followed.
    expect(story("ab", { a: 1000, b: 2000 }, 40)).toHaveLength(1);
  });

  test("slowdown is the known time against the first one", () => {
    const watch = new DriftWatch();
    const estimate = new ServiceEstimate();
    let nowMs = 0;
    const play = (ms: number, frames: number, from: number): void => {
      for (let frame = 0; frame < frames; frame += 1) {
        nowMs += ms;
        estimate.answered(ms);
        watch.look(nowMs, estimate, from + frame + 1);
      }
    };
    play(20, 100, 0);
    expect(watch.slowdown).toBe(1);
    play(50, 100, 100);
    expect(watch.slowdown).toBeCloseTo(2.5);
    play(20, 200, 200);
    expect(watch.slowdown).toBeCloseTo(1);
  });

  test("chance is no change: 40 devices of 2,000 frames at cv 0.3, and 40 at cv 1", () => {
    for (const cv of [0.3, 1]) {
      const told = Array.from({ length: 40 }, (_, seed) => tellings(cv, seed, 1, 2000));
      expect(told.filter((factors) => factors.length > 0).length).toBeLessThanOrEqual(1);
    }
  });

  test("half the speed is told of all devices at cv 0.3, with the factor to within a third", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const [first = 1] = tellings(0.3, seed, 2, 1000);
      expect(first).toBeGreaterThan(1.4);
      expect(first).toBeLessThan(2.7);
    }
  });
});
