import { describe, expect, test } from "bun:test";
import { Ring } from "../../src/ring/ring.ts";

/** Elements of each producer: a small ring takes one turn of the event loop for each filling. */
const countFor = (capacity: number): number => Math.min(300_000, 3000 * capacity);

/** One producer per ring on its own thread; this thread consumes them all. */
async function consumeAll(ringCount: number, capacity: number): Promise<number[]> {
  const count = countFor(capacity);
  const ringBytes = Math.ceil(Ring.sizeBytes(capacity) / 64) * 64;
  const buffer = new SharedArrayBuffer(ringBytes * ringCount);
  const workers = Array.from({ length: ringCount }, (_, index) => {
    const worker = new Worker(new URL("./ring-producer.ts", import.meta.url).href);
    worker.postMessage({ buffer, offset: index * ringBytes, capacity, count, seed: index });
    return worker;
  });
  const rings = workers.map((_, index) => new Ring(buffer, index * ringBytes, capacity));
  const expected = rings.map(() => 0);
  while (expected.some((value) => value < count)) {
    for (const [index, ring] of rings.entries()) {
      for (let value = ring.tryPop(); value >= 0; value = ring.tryPop()) {
        // Counted here, not with expect(): a million expectations take longer than the ring.
        if (value !== expected[index]) return expected;
        expected[index] = value + 1;
      }
      ring.release();
    }
    const idle = rings.find((ring, index) => ring.isEmpty && (expected[index] as number) < count);
    idle?.wait(5);
    await Bun.sleep(0);
  }
  for (const worker of workers) worker.terminate();
  return expected;
}

describe("Ring between threads", () => {
  test.each([
    [1, 1],
    [1, 64],
    [3, 2],
    [3, 256],
  ])(
    "%i producers, %i elements each: nothing is lost, repeated or out of order",
    async (ringCount, capacity) => {
      expect(await consumeAll(ringCount, capacity)).toEqual(
        new Array(ringCount).fill(countFor(capacity)),
      );
    },
    120_000,
  );
});
