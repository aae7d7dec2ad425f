import { expect, test } from "bun:test";
import { Deadlines } from "../../src/schedule/deadlines.ts";
import { FairQueue } from "../../src/schedule/fair-queue.ts";
import { EQUAL_SHARE } from "../../src/schedule/source-share.ts";

test("Deadlines names the sources whose oldest frame's time has passed, wherever it waits", () => {
  const shares = [
    { ...EQUAL_SHARE, slots: 2, deadlineMs: 100 },
    { ...EQUAL_SHARE, slots: 2 },
    { ...EQUAL_SHARE, slots: 2, deadlineMs: 30 },
  ];
  const arrivals = new Float64Array(6);
  const queues = [
    new FairQueue({ shares, arrivals }),
    new FairQueue({ shares, arrivals }),
  ] as const;
  const deadlines = new Deadlines(shares, queues);
  const arrive = (queue: FairQueue, slot: number, ms: number): void => {
    arrivals[slot] = ms;
    deadlines.arrive(slot, ms);
    queue.push(slot);
  };
  arrive(queues[0], 0, 0);
  arrive(queues[0], 2, 0);
  arrive(queues[1], 4, 50);
  arrive(queues[1], 5, 60);
  expect(deadlines.next(80)).toBe(-1); // Not before the time has passed.
  expect(deadlines.next(80.5)).toBe(2);
  queues[1].dropOldest(2);
  expect(deadlines.next(80.5)).toBe(-1);
  expect(deadlines.next(90.5)).toBe(2);
  queues[1].takeAt(0);
  expect(deadlines.next(100)).toBe(-1);
  expect(deadlines.next(101)).toBe(0);
  queues[0].dropOldest(0);
  expect(deadlines.next(1e9)).toBe(-1); // What is left has no deadline.
});
