import { expect, test } from "bun:test";
import fc from "fast-check";
import { EventQueue } from "../../src/schedule/event-queue.ts";

test("EventQueue gives events by time, those of one time as they were scheduled", () => {
  const step = fc.record({ actor: fc.nat(9), timeMs: fc.nat(5), take: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = new EventQueue(10);
      const model: { readonly actor: number; readonly timeMs: number }[] = [];
      for (const { actor, timeMs, take } of steps) {
        if (take) {
          // The sort is stable: ties stay in the order they were scheduled.
          const [next] = model.toSorted((a, b) => a.timeMs - b.timeMs);
          expect(queue.nextMs).toBe(next?.timeMs ?? Number.POSITIVE_INFINITY);
          expect(queue.shift()).toBe(next?.actor ?? -1);
          if (next !== undefined) model.splice(model.indexOf(next), 1);
        } else if (model.some((each) => each.actor === actor)) {
          expect(() => queue.schedule(actor, timeMs)).toThrow(RangeError);
        } else {
          queue.schedule(actor, timeMs);
          model.push({ actor, timeMs });
        }
      }
    }),
  );
});
