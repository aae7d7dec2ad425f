import { describe, expect, test } from "bun:test";
import { FairQueue } from "../../src/schedule/fair-queue.ts";
import { EQUAL_SHARE, type SourceShare } from "../../src/schedule/source-share.ts";

/** Slots of each source; slot 100 is the first of source 1, and so on. */
const SLOTS = 100;

interface Rig {
  readonly queue: FairQueue;
  /** Lets `count` frames of a source arrive; its next slots are theirs. */
  arrive(source: number, count?: number): void;
  /** Serves frames; says whose each was. */
  serve(count: number): string;
}

function rig(...shares: readonly Partial<SourceShare>[]): Rig {
  const arrivals = new Float64Array(SLOTS * shares.length);
  const queue = new FairQueue({
    shares: shares.map((share) => ({ ...EQUAL_SHARE, slots: SLOTS, ...share })),
    arrivals,
  });
  const next = shares.map((_, source) => source * SLOTS);
  let arrived = 0;
  return {
    queue,
    arrive(source, count = 1) {
      for (let frame = 0; frame < count; frame += 1) {
        const slot = next[source] as number;
        next[source] = slot + 1;
        arrivals[slot] = arrived;
        arrived += 1;
        queue.push(slot);
      }
    },
    serve(count) {
      const letter = (slot: number): string => "ABCD"[Math.floor(slot / SLOTS)] ?? "?";
      return Array.from({ length: count }, () => letter(queue.takeAt(0))).join("");
    },
  };
}

const count = (text: string, letter: string): number => text.split(letter).length - 1;

describe("FairQueue", () => {
  test("with one source it is a plain queue", () => {
    const { queue, arrive } = rig({});
    arrive(0, 5);
    expect([0, 1, 4, 5].map((place) => queue.at(place))).toEqual([0, 1, 4, -1]);
    expect(queue.takeAt(2)).toBe(2);
    expect([0, 1, 2, 3].map((place) => queue.at(place))).toEqual([0, 1, 3, 4]);
    expect(queue.dropOldest(0)).toBe(0);
    expect([queue.takeAt(2), queue.takeAt(1), queue.takeAt(0), queue.takeAt(0)]).toEqual([
      4, 3, 1, -1,
    ]);
    arrive(0);
    expect([queue.takeAt(0), queue.length]).toEqual([5, 0]);
  });

  test("sources of equal weight take turns, however many frames each has waiting", () => {
    const { arrive, serve } = rig({}, {}, {});
    arrive(0, 30);
    arrive(1, 4);
    arrive(2, 4);
    const served = serve(12);
    expect(["A", "B", "C"].map((letter) => count(served, letter))).toEqual([4, 4, 4]);
    expect(served).not.toMatch(/AA|BB|CC/);
    expect(serve(26)).toBe("A".repeat(26));
  });

  test("turns go by weight, evenly spread", () => {
    const { arrive, serve } = rig({ weight: 3 }, { weight: 1 });
    arrive(0, 60);
    arrive(1, 20);
    const served = serve(40);
    expect([count(served, "A"), count(served, "B")]).toEqual([30, 10]);
    expect(served).not.toMatch(/BB|AAAA/);
  });

  test("higher priorities go first, always; turns are taken within one", () => {
    const { arrive, serve } = rig({}, { priority: 5 }, { priority: 5 }, { priority: -1 });
    for (const source of [3, 0, 1, 2]) arrive(source, 2);
    const served = serve(8);
    expect(served.slice(0, 4)).toMatch(/^(BCBC|CBCB|BCCB|CBBC)$/);
    expect(served.slice(4)).toBe("AADD");
  });

  test("a source that had nothing waiting is served at once, and cannot make up for it", () => {
    const { arrive, serve } = rig({}, {});
    arrive(0, 60);
    serve(40);
    arrive(1, 20);
    const served = serve(10);
    expect(served.slice(0, 2)).toContain("B");
    expect(count(served, "B")).toBeWithin(4, 7);
  });

  test("dropping costs a source none of its turns", () => {
    const { queue, arrive, serve } = rig({}, {});
    arrive(0, 90);
    arrive(1, 40);
    let served = "";
    for (let turn = 0; turn < 40; turn += 1) {
      served += serve(1);
      // An overloaded source: a frame gives way with every one that is served.
      if (turn % 2 === 0) queue.dropOldest(0);
    }
    expect(count(served, "A")).toBeWithin(19, 22);
    expect(served).not.toMatch(/AAA|BBB/);
  });

  test("dropping takes the oldest; the one behind has its turn", () => {
    const { queue, arrive, serve } = rig({}, {});
    arrive(0, 4);
    arrive(1, 4);
    expect(serve(2)).toBe("AB");
    const before = [0, 1, 2, 3].map((place) => queue.at(place) >= SLOTS);
    expect(queue.dropOldest(0)).toBe(1);
    expect([0, 1, 2, 3].map((place) => queue.at(place) >= SLOTS)).toEqual(before);
    expect(queue.oldestOf(0)).toBe(2);
    expect([queue.dropOldest(0), queue.dropOldest(0), queue.dropOldest(0)]).toEqual([2, 3, -1]);
    expect(queue.length).toBe(3);
  });

  test("any place can be looked at and taken; the rest keep their order", () => {
    const { queue, arrive } = rig({ weight: 2 }, {}, { priority: 1 });
    for (const source of [0, 1, 2]) arrive(source, 5);
    const order = Array.from({ length: 15 }, (_, place) => queue.at(place));
    expect([...order].sort((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 100, 101, 102, 103, 104, 200, 201, 202, 203, 204,
    ]);
    for (const place of [7, 0, 12, 3]) {
      expect(queue.takeAt(place)).toBe(order.splice(place, 1)[0] as number);
      expect(Array.from({ length: order.length }, (_, at) => queue.at(at))).toEqual(order);
    }
  });

  test("a frame that comes back goes before the later ones of its source", () => {
    const { queue, arrive } = rig({}, {});
    arrive(0, 4);
    arrive(1, 2);
    expect([queue.takeAt(0), queue.oldestOf(0)]).toEqual([0, 1]);
    queue.push(0);
    const order = Array.from({ length: 6 }, (_, place) => queue.at(place));
    expect(order.filter((slot) => slot < SLOTS)).toEqual([0, 1, 2, 3]);
    queue.takeAt(order.indexOf(2));
    queue.push(2);
    const again = Array.from({ length: 6 }, (_, place) => queue.at(place));
    expect(again.filter((slot) => slot < SLOTS)).toEqual([0, 1, 2, 3]);
  });

  test("its source's turns stay where they are", () => {
    const { queue, arrive, serve } = rig({}, {});
    arrive(0, 6);
    arrive(1, 6);
    expect([queue.takeAt(0), queue.takeAt(0)]).toEqual([0, 100]);
    queue.push(0);
    queue.push(100);
    const served = serve(12);
    expect([served.match(/A/g)?.length, served.match(/B/g)?.length]).toEqual([6, 6]);
    expect(served).not.toMatch(/AAA|BBB/);
  });

  test("lastPlaceOf() is the place of the last frame of certain sources, -1 where none has one", () => {
    const { queue, arrive } = rig({}, {}, {});
    const place = (...sources: number[]): number =>
      queue.lastPlaceOf((source) => sources.includes(source));
    expect(place(0, 1, 2)).toBe(-1);
    arrive(0, 3);
    expect([place(0), place(1)]).toEqual([2, -1]);
    arrive(1, 3);
    expect([queue.at(place(0)), queue.at(place(1)), place(2)]).toEqual([2, 102, -1]);
    expect(place(0, 1)).toBe(5);
  });
});
