import { expect, test } from "bun:test";
import { ResultDescriptor, Status } from "../../src/layout/layout.gen.ts";
import { SlotTable } from "../../src/pipeline/slot-table.ts";
import { SourceRunner } from "../../src/pipeline/source-runner.ts";
import {
  type ArenaLayout,
  allocateArena,
  DETECTIONS_OFFSET,
  layoutArena,
  resultOffset,
  unrootArena,
} from "../../src/ring/arena.ts";
import { patternSource } from "../../src/source/pattern.ts";

const SLOTS = 2;

interface Bench {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly sources: readonly SourceRunner[];
  readonly slots: SlotTable;
}

/** Two sources with two slots each: slots 0 and 1 are the first's, 2 and 3 the second's. */
function withTable(body: (bench: Bench) => void): void {
  const room = { slotCount: SLOTS, pixelBytes: 64, truthCapacity: 0 };
  const layout = layoutArena({ sources: [room, room], seatCount: 1, payloadBytes: 0 });
  const arena = allocateArena(layout, 2 ** 30);
  const share = { weight: 1, priority: 0, deadlineMs: null };
  const sources = layout.sources.map(
    (_, index) =>
      new SourceRunner({
        index,
        source: patternSource({ width: 4, height: 4, frameCount: 1, write: false }),
        arena,
        layout,
        drop: "never",
        share,
        fps: null,
        frameLimit: null,
        resume: null,
        screen: null,
        onEnd: () => undefined,
      }),
  );
  body({ arena, layout, sources, slots: new SlotTable({ arena, layout, sources }) });
  unrootArena(arena);
}

test("SlotTable gives a slot back to its own source when the frame has left", () => {
  withTable(({ slots, sources: [first, second] }) => {
    slots.enter(3);
    expect(second?.freeCount).toBe(SLOTS - 1);
    slots.leave(3);
    expect([first?.freeCount, second?.freeCount]).toEqual([SLOTS, SLOTS]);
  });
});

test("SlotTable keeps a slot that two hold until both have released it", () => {
  withTable(({ slots, sources: [first] }) => {
    slots.enter(0);
    slots.hold(0);
    slots.hold(0);
    slots.leave(0);
    slots.release(0);
    expect([first?.freeCount, slots.heldCount]).toEqual([SLOTS - 1, 1]);
    slots.release(0);
    expect([first?.freeCount, slots.heldCount]).toEqual([SLOTS, 0]);
    expect(() => slots.release(0)).toThrow("slot 0 is not held");
  });
});

test("SlotTable keeps a slot that is released before the frame has left", () => {
  withTable(({ slots, sources: [first] }) => {
    slots.enter(0);
    slots.hold(0);
    slots.release(0);
    expect(first?.freeCount).toBe(SLOTS - 1);
    slots.leave(0);
    expect(first?.freeCount).toBe(SLOTS);
  });
});

test("SlotTable has two result blocks a slot, and each again when its frame has left", () => {
  withTable(({ slots }) => {
    slots.enter(1);
    const blocks = Array.from({ length: 4 * SLOTS }, () => slots.assign(1, 0, 0));
    expect(new Set(blocks).size).toBe(4 * SLOTS);
    expect(slots.attemptsOf(1)).toBe(4 * SLOTS);
    expect(() => slots.assign(1, 0, 0)).toThrow("no result block is free");
    slots.answer(1, blocks[5] as number);
    slots.leave(1);
    expect(slots.assign(1, 0, 0)).toBe(blocks[5] as number);
  });
});

test("SlotTable.assign() tells the worker slot and call, and errorIn() what the worker says", () => {
  withTable(({ slots, arena, layout }) => {
    slots.enter(2);
    const result = slots.assign(2, 7, 3);
    expect([slots.slotOf(result), slots.batchSizeOf(result)]).toEqual([2, 4]);
    expect(slots.deviceOf(2)).toBe(7);
    const descriptor = new DataView(arena, resultOffset(layout, result));
    const text = new TextEncoder().encode("out of memory");
    descriptor.setInt32(ResultDescriptor.status, Status.ok - 1, true);
    descriptor.setInt32(ResultDescriptor.payloadBytes, text.length, true);
    new Uint8Array(arena, resultOffset(layout, result) + DETECTIONS_OFFSET).set(text);
    descriptor.setFloat64(ResultDescriptor.finishedMs, 12.5, true);
    descriptor.setFloat32(ResultDescriptor.inferenceMs, 0.25, true);
    expect(slots.isError(result)).toBe(true);
    expect(slots.errorIn(result)).toBe("out of memory");
    expect(slots.finishedMsOf(result)).toBe(12.5);
    expect(slots.inferenceMsOf(result)).toBe(0.25);
  });
});

test("SlotTable.takeError() gives a failed frame's error once", () => {
  withTable(({ slots }) => {
    slots.enter(0);
    slots.fail(0, "the device is gone");
    expect(slots.hasFailed(0)).toBe(true);
    expect(slots.takeError(0)).toBe("the device is gone");
    expect(slots.takeError(0)).toBeUndefined();
    slots.leave(0);
    slots.enter(0);
    expect(slots.hasFailed(0)).toBe(false);
  });
});
