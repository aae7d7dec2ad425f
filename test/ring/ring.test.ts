import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Ring } from "../../src/ring/ring.ts";

/** The two sides of one ring, as two threads would make them. */
function sides(capacity: number): { readonly producer: Ring; readonly consumer: Ring } {
  const buffer = new SharedArrayBuffer(Ring.sizeBytes(capacity));
  return { producer: new Ring(buffer, 0, capacity), consumer: new Ring(buffer, 0, capacity) };
}

describe("Ring", () => {
  test("tryPop() returns -1 until what was pushed is published", () => {
    const { producer, consumer } = sides(4);
    producer.tryPush(7);
    expect(consumer.tryPop()).toBe(-1);
    producer.publish();
    expect(consumer.tryPop()).toBe(7);
    expect(consumer.tryPop()).toBe(-1);
  });

  test("tryPush() returns false when full, until what was popped is released", () => {
    const { producer, consumer } = sides(2);
    expect([producer.tryPush(1), producer.tryPush(2), producer.tryPush(3)]).toEqual([
      true,
      true,
      false,
    ]);
    producer.publish();
    expect(consumer.tryPop()).toBe(1);
    expect(producer.tryPush(3)).toBe(false);
    consumer.release();
    expect(producer.tryPush(3)).toBe(true);
  });

  test("positions wrap at 2^32 without losing an element", () => {
    const buffer = new SharedArrayBuffer(Ring.sizeBytes(4));
    const words = new Int32Array(buffer);
    // Three pushes before the wrap: head at byte 0, tail at byte 64 of the header.
    words[0] = -3;
    words[16] = -3;
    const producer = new Ring(buffer, 0, 4);
    const consumer = new Ring(buffer, 0, 4);
    const popped: number[] = [];
    for (let value = 0; value < 12; value += 1) {
      expect(producer.tryPush(value)).toBe(true);
      producer.publish();
      popped.push(consumer.tryPop());
      consumer.release();
    }
    expect(popped).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("behaves like a bounded queue under any sequence of steps", () => {
    const steps = fc.array(fc.constantFrom("push", "publish", "pop", "release"), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (sequence) => {
        const { producer, consumer } = sides(8);
        const pushed: number[] = [];
        const visible: number[] = [];
        let held = 0;
        let next = 0;
        for (const step of sequence) {
          if (step === "push") {
            const hasRoom = pushed.length + visible.length + held < 8;
            expect(producer.tryPush(next)).toBe(hasRoom);
            if (hasRoom) pushed.push(next++);
          } else if (step === "publish") {
            producer.publish();
            visible.push(...pushed.splice(0));
          } else if (step === "pop") {
            const expected = visible.shift();
            expect(consumer.tryPop()).toBe(expected ?? -1);
            if (expected !== undefined) held += 1;
          } else {
            consumer.release();
            held = 0;
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("a capacity that is no power of two, or an unaligned place, is refused", () => {
    const buffer = new SharedArrayBuffer(1024);
    expect(() => new Ring(buffer, 0, 3)).toThrow("ring capacity 3 is no power of two");
    expect(() => new Ring(buffer, 8, 4)).toThrow("ring offset 8 is not aligned");
  });

  test("reset() empties the ring", () => {
    const { producer, consumer } = sides(4);
    producer.tryPush(1);
    producer.publish();
    consumer.reset();
    expect(new Ring(new SharedArrayBuffer(Ring.sizeBytes(4)), 0, 4).tryPop()).toBe(-1);
    expect(consumer.tryPop()).toBe(-1);
  });

  test("wait() ends at once when something is published, and after its time otherwise", () => {
    const { producer, consumer } = sides(4);
    consumer.wait(1);
    expect(consumer.tryPop()).toBe(-1);
    producer.tryPush(5);
    producer.publish();
    consumer.wait(10_000);
    expect(consumer.tryPop()).toBe(5);
  });
});
