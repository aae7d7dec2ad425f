import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AipError } from "../../src/errors.ts";
import {
  type ArenaLayout,
  allocateArena,
  layoutArena,
  resultOffset,
  slotOffset,
  unrootArena,
} from "../../src/ring/arena.ts";
import { Ring } from "../../src/ring/ring.ts";

interface Region {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Everything the layout places, with its size worked out here. */
function regions(layout: ArenaLayout): Region[] {
  const region = (name: string, start: number, bytes: number): Region => ({
    name,
    start,
    end: start + bytes,
  });
  return [
    region("header", 0, 128),
    ...layout.sources.flatMap((source, i) => [
      region(`source ${i} control`, source.controlOffset, 128),
      region(`source ${i} frames`, source.frameRingOffset, 192 + 4 * source.ringCapacity),
      region(`source ${i} free`, source.freeRingOffset, 192 + 4 * source.ringCapacity),
      region(`source ${i} drop times`, source.dropTimesOffset, 8 * source.dropTimeCount),
      region(`source ${i} slots`, source.slotsOffset, source.slotBytes * source.slotCount),
    ]),
    ...layout.seats.flatMap((seat, i) => [
      region(`seat ${i} control`, seat.controlOffset, 128),
      region(`seat ${i} commands`, seat.commandRingOffset, 192 + 4 * layout.seatRingCapacity),
      region(`seat ${i} results`, seat.resultRingOffset, 192 + 4 * layout.seatRingCapacity),
    ]),
    region("results", layout.resultsOffset, layout.resultBytes * layout.resultCount),
  ];
}

const options = fc.record({
  sources: fc.array(
    fc.record({
      slotCount: fc.integer({ min: 1, max: 40 }),
      pixelBytes: fc.integer({ min: 1, max: 5000 }),
      truthCapacity: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  seatCount: fc.integer({ min: 1, max: 12 }),
  payloadBytes: fc.integer({ min: 0, max: 3000 }),
});

describe("layoutArena()", () => {
  test("places nothing over anything else, and everything inside, aligned to cache lines", () => {
    fc.assert(
      fc.property(options, (room) => {
        const layout = layoutArena(room);
        const sorted = regions(layout).toSorted((a, b) => a.start - b.start);
        for (const [index, each] of sorted.entries()) {
          expect(each.start % 64).toBe(0);
          expect(each.end).toBeLessThanOrEqual(sorted[index + 1]?.start ?? layout.sizeBytes);
        }
        for (const [index, source] of layout.sources.entries()) {
          const { pixelBytes, truthCapacity } = room.sources[index] as (typeof room.sources)[0];
          expect(source.slotBytes).toBeGreaterThanOrEqual(128 + pixelBytes + 32 * truthCapacity);
          expect(source.ringCapacity).toBeGreaterThanOrEqual(source.slotCount);
        }
      }),
    );
  });

  test("slots are numbered across sources", () => {
    const source = { slotCount: 3, pixelBytes: 100, truthCapacity: 0 };
    const layout = layoutArena({ sources: [source, source], seatCount: 1, payloadBytes: 0 });
    const second = layout.sources[1];
    expect(second?.firstSlot).toBe(3);
    expect(slotOffset(layout, 4)).toBe((second?.slotsOffset ?? 0) + (second?.slotBytes ?? 0));
    expect(() => slotOffset(layout, 6)).toThrow("slot 6 of 6");
  });

  test("there are two result blocks a slot, each with room for 300 detections and the payload", () => {
    const source = { slotCount: 3, pixelBytes: 100, truthCapacity: 0 };
    const layout = layoutArena({ sources: [source], seatCount: 1, payloadBytes: 1000 });
    expect(layout.resultCount).toBe(6);
    expect(layout.resultBytes).toBeGreaterThanOrEqual(128 + 300 * 32 + 1000);
    expect(resultOffset(layout, 1) - resultOffset(layout, 0)).toBe(layout.resultBytes);
  });
});

describe("allocateArena()", () => {
  test("writes the header, and leaves the rings empty", () => {
    const source = { slotCount: 2, pixelBytes: 64, truthCapacity: 0 };
    const layout = layoutArena({ sources: [source], seatCount: 1, payloadBytes: 0 });
    const arena = allocateArena(layout, 2 ** 30);
    expect(
      String.fromCharCode(...new Uint8Array(arena, 0, 4))
        .split("")
        .toReversed()
        .join(""),
    ).toBe("aip1");
    expect(new Ring(arena, layout.sources[0]?.freeRingOffset ?? 0, 2).tryPop()).toBe(-1);
    unrootArena(arena);
  });

  test("refuses more than is free, or than an arena holds, and says how many slots would fit", () => {
    // A slot: 128 + 10 MiB, and two result blocks of 128 + 9,600 bytes each.
    const source = { slotCount: 500, pixelBytes: 10 * 2 ** 20, truthCapacity: 0 };
    const layout = layoutArena({ sources: [source], seatCount: 1, payloadBytes: 0 });
    const refuse = (availableBytes: number) => (): unknown => allocateArena(layout, availableBytes);
    expect(refuse(1000 * 2 ** 20)).toThrow(AipError);
    expect(refuse(1000 * 2 ** 20)).toThrow(
      "500 slots a source need 4.9 GiB, but the machine has only 1.0 GiB free for them: 99 would fit",
    );
    expect(refuse(-1)).toThrow("but the machine has only 0.0 GiB free for them: 0 would fit");
    // 4 GiB hold 409.6 times 10 MiB; headers and result blocks of 8 MiB cost the last one.
    expect(refuse(2 ** 40)).toThrow("but an arena holds at most 4.0 GiB: 408 would fit");
  });
});
