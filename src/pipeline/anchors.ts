import { EarlyAnswer } from "../layout/layout.gen.ts";
import type { EarlyAnswers } from "./early-answers.ts";
import type { SlotTable } from "./slot-table.ts";

/** The frame has its answer, and needs no device. */
export const ANSWERED = 0;
/** The frame asks the reference model. */
export const ASKS = 1;
/** The answer that it was to have is lost, and nobody can look at it. */
export const FORSAKEN = 2;

/**
 * Frames that get the last answer again, and what they hang on: their anchor, the last frame that
 * got an answer of its own. Where that one is lost (it gave way, or failed for good), the first
 * frame that would have had its answer asks the reference model in its place, and is the anchor of
 * those behind it.
 *
 * It allocates nothing.
 */
export class Anchors {
  readonly #slots: SlotTable;
  readonly #early: EarlyAnswers;
  /** Every how many frames of a video have pixels. */
  readonly #every: number;
  /** Per source: its last anchor was lost, and nobody has taken its place yet. */
  readonly #isLost: Uint8Array;

  /** @param every every how many frames of a video have pixels */
  constructor(slots: SlotTable, early: EarlyAnswers, sourceCount: number, every = 1) {
    this.#every = every;
    this.#slots = slots;
    this.#early = early;
    this.#isLost = new Uint8Array(sourceCount);
  }

  /** A frame has come: `ANSWERED`, `ASKS` or `FORSAKEN`. HOT. */
  arrived(slot: number): number {
    const early = this.#early.answerOf(slot);
    const { index } = this.#slots.sourceOf(slot);
    if (isLastAnswer(early) && this.#isLost[index] === 1) {
      if (this.isBare(slot)) return FORSAKEN;
      this.#early.clear(slot);
      this.#isLost[index] = 0;
      return ASKS;
    }
    if (!isLastAnswer(early)) this.#isLost[index] = 0;
    return early === EarlyAnswer.none ? ASKS : ANSWERED;
  }

  /** Whether a frame is known by its time alone: no device can look at it. */
  isBare(slot: number): boolean {
    return this.#every > 1 && this.#slots.frameIdOf(slot) % this.#every !== 0;
  }

  /**
   * The frame in `slot`, an anchor, leaves without an answer. Returns the slot of the frame that is
   * to be inferred in its place, where it is not bare; -1 where none waits for its answer. Called while the frame still
   * stands in its source's order.
   */
  lost(slot: number): number {
    const { index, place, reorder } = this.#slots.sourceOf(slot);
    const local = reorder.after(slot - place.firstSlot);
    if (local < 0) {
      this.#isLost[index] = 1;
      return -1;
    }
    const next = place.firstSlot + local;
    if (!isLastAnswer(this.#early.answerOf(next))) return -1;
    this.#early.clear(next);
    reorder.reopen(local);
    return next;
  }
}

/** Whether a frame is answered by what the one before it was answered. */
export function isLastAnswer(early: number): boolean {
  return early === EarlyAnswer.skipped || early === EarlyAnswer.unchanged;
}
