import { IndexQueue } from "./index-queue.ts";

/** Nothing can leave yet. */
export const NOTHING = -1;
/** A dropped frame's marker leaves. */
export const DROPPED = -2;

/**
 * Puts one source's frames back in order. Frames arrive by id, with gaps where some were dropped;
 * they are completed in any order, and leave by id without gaps: a dropped frame leaves as a
 * marker, so it blocks nobody.
 *
 * Pure: what arrives, completes and leaves is all there is. Slots are numbers from 0 to
 * `slotCount - 1`.
 */
export class Reorder {
  readonly #order: IndexQueue;
  readonly #frameIds: Uint32Array;
  readonly #complete: Uint8Array;
  #nextId: number;
  #endId = -1;

  /** @param firstId id of the first frame */
  constructor(slotCount: number, firstId = 0) {
    this.#nextId = firstId;
    this.#order = new IndexQueue(slotCount);
    this.#frameIds = new Uint32Array(slotCount);
    this.#complete = new Uint8Array(slotCount);
  }

  /** Frames that have arrived and not left. */
  get pending(): number {
    return this.#order.length;
  }

  /** Id of the frame or marker that `next` returned last. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  /** Whether the source has ended and everything has left. */
  get finished(): boolean {
    return this.#order.length === 0 && this.#nextId === this.#endId;
  }

  /** Whether the oldest frame present is complete; nothing before it can keep it. */
  get ready(): boolean {
    const slot = this.#order.at(0);
    return slot >= 0 && this.#complete[slot] === 1;
  }

  /** Frame `frameId` arrived in `slot`; ids rise. */
  arrive(slot: number, frameId: number): void {
    this.#frameIds[slot] = frameId;
    this.#complete[slot] = 0;
    this.#order.push(slot);
  }

  /** The frame in `slot` has its answer, or has failed for good. */
  complete(slot: number): void {
    this.#complete[slot] = 1;
  }

  /** The frame in `slot` has no answer after all, and has not left. */
  reopen(slot: number): void {
    this.#complete[slot] = 0;
  }

  /** The slot of the frame that arrived next after the one in `slot`; -1 where that is the last. */
  after(slot: number): number {
    return this.#order.at(this.#order.indexOf(slot) + 1);
  }

  /** The frame in `slot` gives way before it was answered: a marker takes its place. */
  drop(slot: number): void {
    this.#order.takeAt(this.#order.indexOf(slot));
  }

  /** The source is over: the frame before `endId` was its last, dropped ones included. */
  end(endId: number): void {
    this.#endId = endId;
  }

  /** What leaves next: the slot of a frame, DROPPED, or NOTHING. HOT. */
  next(): number {
    const slot = this.#order.at(0);
    if (slot < 0) {
      if (this.#endId < 0 || this.#nextId >= this.#endId) return NOTHING;
      this.#nextId += 1;
      return DROPPED;
    }
    if (this.#nextId !== this.#frameIds[slot]) {
      this.#nextId += 1;
      return DROPPED;
    }
    if (this.#complete[slot] === 0) return NOTHING;
    this.#nextId += 1;
    return this.#order.shift();
  }
}
