import type { FairQueue } from "./fair-queue.ts";
import { type SourceShare, slotOwners } from "./source-share.ts";

/**
 * Finds the frames that have waited beyond their source's deadline. Those of a source arrive one
 * after the other, so its oldest ones are looked at alone, and only once some frame's time is up.
 */
export class Deadlines {
  readonly #queues: readonly FairQueue[];
  readonly #owners: Int32Array;
  /** Per source; infinite where it has no deadline. */
  readonly #limitsMs: Float64Array;
  /** Per slot: when its frame's time is up. */
  readonly #dueMs: Float64Array;
  /** No frame's time is up before. */
  #earliestMs = Number.POSITIVE_INFINITY;
  readonly #isNone: boolean;

  /** @param queues everywhere frames wait for their first device */
  constructor(shares: readonly SourceShare[], queues: readonly FairQueue[]) {
    this.#queues = queues;
    this.#isNone = shares.every(({ deadlineMs }) => deadlineMs === null);
    this.#owners = slotOwners(shares);
    this.#limitsMs = Float64Array.from(
      shares,
      ({ deadlineMs }) => deadlineMs ?? Number.POSITIVE_INFINITY,
    );
    this.#dueMs = new Float64Array(this.#owners.length);
  }

  /** A frame that was received at `sinceMs` arrives in `slot`. HOT. */
  arrive(slot: number, sinceMs: number): void {
    if (this.#isNone) return;
    const dueMs = sinceMs + (this.#limitsMs[this.#owners[slot] as number] as number);
    this.#dueMs[slot] = dueMs;
    if (dueMs < this.#earliestMs) this.#earliestMs = dueMs;
  }

  /** A source whose oldest waiting frame's time has passed; -1 where there is none. HOT. */
  next(nowMs: number): number {
    if (nowMs <= this.#earliestMs) return -1;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      if (queue.length === 0) continue;
      for (let source = 0; source < this.#limitsMs.length; source += 1) {
        const slot = queue.oldestOf(source);
        if (slot < 0) continue;
        const dueMs = this.#dueMs[slot] as number;
        if (dueMs < nowMs) return source;
        if (dueMs < earliestMs) earliestMs = dueMs;
      }
    }
    this.#earliestMs = earliestMs;
    return -1;
  }
}
