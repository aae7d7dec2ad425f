import { describe, expect, test } from "bun:test";
import { EarlyAnswer } from "../../src/layout/layout.gen.ts";
import { ANSWERED, Anchors, ASKS, FORSAKEN } from "../../src/pipeline/anchors.ts";
import type { EarlyAnswers } from "../../src/pipeline/early-answers.ts";
import type { SlotTable } from "../../src/pipeline/slot-table.ts";
import { DROPPED, NOTHING, Reorder } from "../../src/schedule/reorder.ts";

const { none, skipped, unchanged, absent } = EarlyAnswer;

/** One source of 8 slots; frame n lies in slot n. */
function source(
  early: number[],
  every = 1,
): { anchors: Anchors; reorder: Reorder; arrive(): boolean } {
  const reorder = new Reorder(8);
  const owner = { index: 0, place: { firstSlot: 0 }, reorder };
  const slots = {
    sourceOf: () => owner,
    frameIdOf: (slot: number) => slot,
  } as unknown as SlotTable;
  const answers = {
    answerOf: (slot: number) => early[slot],
    clear: (slot: number) => {
      early[slot] = none;
    },
  } as unknown as EarlyAnswers;
  const anchors = new Anchors(slots, answers, 1, every);
  let next = 0;
  return {
    anchors,
    reorder,
    arrive() {
      const slot = next++;
      reorder.arrive(slot, slot);
      const isAnswered = anchors.arrived(slot) === ANSWERED;
      if (isAnswered) reorder.complete(slot);
      return isAnswered;
    },
  };
}

describe("Anchors", () => {
  test("a frame without pixels whose anchor was lost is forsaken", () => {
    const { anchors, reorder } = source([none, skipped, skipped, skipped, unchanged], 3);
    expect(anchors.arrived(0)).toBe(ASKS);
    reorder.arrive(0, 0);
    expect(anchors.lost(0)).toBe(-1);
    // Of every three frames the first has pixels.
    expect([anchors.arrived(1), anchors.arrived(2)]).toEqual([FORSAKEN, FORSAKEN]);
    expect(anchors.arrived(3)).toBe(ASKS);
    expect(anchors.arrived(4)).toBe(ANSWERED);
  });

  test("arrived() is ASKS for what the reference model is to answer, and for nothing else", () => {
    const { arrive } = source([none, unchanged, skipped, absent, unchanged]);
    expect([arrive(), arrive(), arrive(), arrive(), arrive()]).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  test("lost() gives the place of a lost frame to the first one that hung on it", () => {
    const early: number[] = [none, unchanged, skipped, absent];
    const { anchors, reorder, arrive } = source(early);
    for (const _ of early) arrive();
    expect(anchors.lost(0)).toBe(1);
    expect(early).toEqual([none, none, skipped, absent]);
    reorder.drop(0);
    expect(reorder.next()).toBe(DROPPED);
    // Frame 1 has no answer any more, and keeps those behind it.
    expect(reorder.next()).toBe(NOTHING);
    reorder.complete(1);
    expect([reorder.next(), reorder.next(), reorder.next()]).toEqual([1, 2, 3]);
  });

  test("lost() finds nobody where the next frame has an answer of its own", () => {
    const { anchors, arrive } = source([none, absent, unchanged]);
    arrive();
    arrive();
    expect(anchors.lost(0)).toBe(-1);
    expect(arrive()).toBe(true);
  });

  test("a frame that comes after its anchor was lost is inferred, and the next hangs on it", () => {
    const early: number[] = [none, unchanged, unchanged];
    const { anchors, arrive } = source(early);
    arrive();
    expect(anchors.lost(0)).toBe(-1);
    expect(arrive()).toBe(false);
    expect(early[1]).toBe(none);
    expect(arrive()).toBe(true);
  });
});
