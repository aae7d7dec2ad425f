import { FairTurns } from "./fair-turns.ts";
import { SourceHeap } from "./source-heap.ts";
import { type SourceShare, slotOwners } from "./source-share.ts";

export interface FairQueueOptions {
  readonly shares: readonly SourceShare[];
  /** When the frame in each slot arrived, as a rising number. The owner keeps it. */
  readonly arrivals: Float64Array;
}

/**
 * Frames of many sources in the order in which they are to be served: those of a source by arrival,
 * sources of a higher priority first, and those of one priority in turns by their weights, as
 * `FairTurns` has it. With one source it is a plain queue. Frames are known by their slots.
 *
 * It allocates nothing after construction. The first frame is found at once and taken in
 * O(log sources); frame k in O(sources + k log sources).
 */
export class FairQueue {
  readonly #arrivals: Float64Array;
  readonly #owners: Int32Array;
  readonly #turns: FairTurns;
  // Per source: its frames as a list.
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  /** Per slot: the next one in its source's list. */
  readonly #next: Int32Array;
  /** Sources by their oldest frames. */
  readonly #heap: SourceHeap;
  /** The same as it will be after frames that are still there. */
  readonly #ahead: SourceHeap;
  #length = 0;

  constructor({ shares, arrivals }: FairQueueOptions) {
    const owners = slotOwners(shares);
    const turns = new FairTurns({ shares, owners, arrivals });
    const isBefore = (slot: number, other: number): boolean => turns.isBefore(slot, other);
    this.#arrivals = arrivals;
    this.#owners = owners;
    this.#turns = turns;
    this.#heads = new Int32Array(shares.length).fill(-1);
    this.#tails = new Int32Array(shares.length).fill(-1);
    this.#next = new Int32Array(owners.length).fill(-1);
    this.#heap = new SourceHeap(shares.length, isBefore);
    this.#ahead = new SourceHeap(shares.length, isBefore);
  }

  get length(): number {
    return this.#length;
  }

  /** Slot of the frame in place `place`, 0 being the first to be served; -1 beyond the end. */
  at(place: number): number {
    if (place >= this.#length) return -1;
    let slot = this.oldestOf(this.#heap.at(0));
    if (place === 0) return slot;
    if (this.#heap.length === 1) {
      for (let passed = 0; passed < place; passed += 1) slot = this.#next[slot] as number;
      return slot;
    }
    this.#ahead.copy(this.#heap);
    for (let passed = 0; passed < place; passed += 1) slot = this.#pass(slot);
    return slot;
  }

  /** Slot of the frame of `source` that has waited longest; -1 where it has none. */
  oldestOf(source: number): number {
    return this.#heads[source] as number;
  }

  /**
   * Place of the last frame whose source `isMeant`; -1 where there is none. Looks at all of them.
   */
  lastPlaceOf(isMeant: (source: number) => boolean): number {
    if (this.#length === 0) return -1;
    if (this.#heap.length === 1) return isMeant(this.#heap.at(0)) ? this.#length - 1 : -1;
    this.#ahead.copy(this.#heap);
    let last = -1;
    let slot = this.oldestOf(this.#ahead.at(0));
    for (let place = 0; slot >= 0; place += 1) {
      if (isMeant(this.#owners[slot] as number)) last = place;
      slot = this.#pass(slot);
    }
    return last;
  }

  /** Adds a frame by its arrival: as its source's last, unless it has come back. HOT. */
  push(slot: number): void {
    const source = this.#owners[slot] as number;
    const tail = this.#tails[source] as number;
    this.#length += 1;
    this.#next[slot] = -1;
    this.#turns.append(slot, source);
    if (tail < 0) {
      this.#tails[source] = slot;
      this.#turns.begin(slot, source);
      this.#setHead(source, slot);
    } else if ((this.#arrivals[tail] as number) < (this.#arrivals[slot] as number)) {
      this.#tails[source] = slot;
      this.#next[tail] = slot;
    } else {
      this.#comeBack(slot, source);
    }
  }

  /**
   * Takes out the frame in place `place` to be served; returns its slot, -1 beyond the end. HOT.
   */
  takeAt(place: number): number {
    const slot = this.at(place);
    if (slot < 0) return -1;
    const source = this.#owners[slot] as number;
    this.#turns.serve(slot);
    this.#unlink(slot, source);
    return slot;
  }

  /** Takes out the frame of `source` that has waited longest; the next one gets its turn. */
  dropOldest(source: number): number {
    const slot = this.oldestOf(source);
    if (slot < 0) return -1;
    this.#turns.handOn(slot, this.#next[slot] as number);
    this.#unlink(slot, source);
    return slot;
  }

  /** The frame in `slot` goes where its arrival says; the turns remain where they are. */
  #comeBack(slot: number, source: number): void {
    let before = -1;
    let after = this.oldestOf(source);
    while ((this.#arrivals[after] as number) < (this.#arrivals[slot] as number)) {
      before = after;
      after = this.#next[after] as number;
    }
    // It came with the latest turn, and everyone behind it moves down one.
    let earlier = slot;
    for (let later = after; later >= 0; later = this.#next[later] as number) {
      this.#turns.exchange(earlier, later);
      earlier = later;
    }
    this.#next[slot] = after;
    if (before >= 0) this.#next[before] = slot;
    else this.#setHead(source, slot);
  }

  #unlink(slot: number, source: number): void {
    const next = this.#next[slot] as number;
    this.#length -= 1;
    let before = -1;
    if (this.oldestOf(source) !== slot) {
      before = this.oldestOf(source);
      while (this.#next[before] !== slot) before = this.#next[before] as number;
      this.#next[before] = next;
    }
    if (next < 0) this.#tails[source] = before;
    if (before < 0) this.#setHead(source, next);
  }

  #setHead(source: number, slot: number): void {
    this.#heads[source] = slot;
    this.#heap.put(source, slot);
  }

  /** What comes after `slot`, the first of the heap ahead; -1 after the last. */
  #pass(slot: number): number {
    this.#ahead.put(this.#owners[slot] as number, this.#next[slot] as number);
    return this.#ahead.length === 0 ? -1 : this.#ahead.slotOf(this.#ahead.at(0));
  }
}
