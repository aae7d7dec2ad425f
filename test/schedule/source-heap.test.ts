import { expect, test } from "bun:test";
import { mulberry32 } from "../../src/random.ts";
import { SourceHeap } from "../../src/schedule/source-heap.ts";

test("SourceHeap has the least of what the sources put forward on top, whatever comes and goes", () => {
  const random = mulberry32(7);
  const sources = 23;
  const put = new Int32Array(sources).fill(-1);
  const heap = new SourceHeap(sources, (slot, other) => slot < other);
  const copy = new SourceHeap(sources, (slot, other) => slot < other);
  for (let step = 0; step < 5000; step += 1) {
    const source = Math.floor(random() * sources);
    const free = Array.from({ length: 200 }, (_, slot) => slot).filter(
      (slot) => !put.includes(slot),
    );
    const slot = random() < 0.4 ? -1 : (free[Math.floor(random() * free.length)] as number);
    heap.put(source, slot);
    put[source] = slot;
    const there = put.filter((each) => each >= 0);
    expect(heap.length).toBe(there.length);
    expect(heap.slotOf(source)).toBe(slot);
    if (there.length > 0) expect(put[heap.at(0)]).toBe(Math.min(...there));
  }
  copy.copy(heap);
  const order: number[] = [];
  while (copy.length > 0) {
    order.push(copy.slotOf(copy.at(0)));
    copy.put(copy.at(0), -1);
  }
  expect(order).toEqual([...put.filter((slot) => slot >= 0)].sort((a, b) => a - b));
  expect(heap.length).toBe(order.length);
});
