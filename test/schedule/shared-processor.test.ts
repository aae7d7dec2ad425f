import { describe, expect, test } from "bun:test";
import { mulberry32 } from "../../src/random.ts";
import { SharedProcessor } from "../../src/schedule/shared-processor.ts";

/** Runs until nothing is under way; returns who ended, and when. */
function finish(processor: SharedProcessor): (readonly [actor: number, ms: number])[] {
  const ends: (readonly [number, number])[] = [];
  while (processor.nextMs < Number.POSITIVE_INFINITY) {
    const ms = processor.nextMs;
    ends.push([processor.shift(), Number(ms.toFixed(6))]);
  }
  return ends;
}

describe("SharedProcessor", () => {
  test("hinders nobody while there are cores for all", () => {
    const processor = new SharedProcessor(2, [1, 1]);
    processor.add(0, 10, 0);
    processor.add(1, 4, 3);
    expect(finish(processor)).toEqual([
      [1, 7],
      [0, 10],
    ]);
  });

  test("gives three threads two thirds of a core each, and the rest more when one ends", () => {
    const processor = new SharedProcessor(2, [1, 1, 1]);
    processor.add(0, 10, 0);
    processor.add(1, 10, 0);
    processor.add(2, 4, 0);
    // 4 ms at 2/3: 6 ms. The others have 6 of 10 ms left, at full speed.
    expect(finish(processor)).toEqual([
      [2, 6],
      [0, 12],
      [1, 12],
    ]);
  });

  test("slows both threads of a frame down by a burst on one core", () => {
    const processor = new SharedProcessor(2, [2, 1]);
    processor.add(0, 12, 0);
    processor.add(1, 4, 2);
    // From 2 ms on all three go on at 2/3: the burst for 6 ms, in which the frame does 4 of its 10.
    expect(finish(processor)).toEqual([
      [1, 8],
      [0, 14],
    ]);
  });

  test("slows down of another chip's call only what the processor does", () => {
    const processor = new SharedProcessor(1, [0.25, 1]);
    processor.add(0, 20, 0);
    processor.add(1, 100, 0);
    // 1.25 cores are wanted of 1: a quarter of the call takes 1.25 times as long.
    expect(finish(processor)[0]).toEqual([0, 20 * (0.75 + 0.25 * 1.25)]);
  });

  test("does an actor's jobs one after the other", () => {
    const processor = new SharedProcessor(2, [1]);
    processor.add(0, 5, 0);
    processor.add(0, 4, 3);
    processor.add(0, 1, 4);
    expect(finish(processor)).toEqual([
      [0, 5],
      [0, 10],
    ]);
  });

  test("ends a job of no time at once", () => {
    const processor = new SharedProcessor(1, [1]);
    processor.add(0, 0, 7);
    expect(finish(processor)).toEqual([[0, 7]]);
  });

  test("conserves work: busy cores do as much in sum as jobs of one thread have brought", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = mulberry32(seed);
      const count = 2 + Math.floor(random() * 12);
      const cores = 1 + Math.floor(random() * 4);
      const processor = new SharedProcessor(cores, new Array(count).fill(1));
      let work = 0;
      for (let actor = 0; actor < count; actor += 1) {
        const ms = random() * 20;
        work += ms;
        processor.add(actor, ms, 0);
      }
      const ends = finish(processor);
      expect(ends).toHaveLength(count);
      // As long as at least `cores` jobs were left, all cores were busy.
      const lastBusyMs = ends[count - cores]?.[1] ?? 0;
      const endMs = ends.at(-1)?.[1] ?? 0;
      expect(work).toBeGreaterThanOrEqual(cores * lastBusyMs - 1e-3);
      expect(work).toBeLessThanOrEqual(cores * endMs + 1e-3);
    }
  });
});
