/**
 * Sources by the frame each puts forward, the one that goes first on top: a binary heap in fixed
 * arrays, which allocates nothing after construction. Frames are known by their slots.
 */
export class SourceHeap {
  readonly #isBefore: (slot: number, other: number) => boolean;
  readonly #heap: Int32Array;
  /** Per source: its place in the heap, -1 for none, and the slot it puts forward. */
  readonly #places: Int32Array;
  readonly #slots: Int32Array;
  #length = 0;

  /** @param isBefore whether the frame in one slot goes before that in another */
  constructor(sourceCount: number, isBefore: (slot: number, other: number) => boolean) {
    this.#isBefore = isBefore;
    this.#heap = new Int32Array(sourceCount);
    this.#places = new Int32Array(sourceCount).fill(-1);
    this.#slots = new Int32Array(sourceCount).fill(-1);
  }

  get length(): number {
    return this.#length;
  }

  /** Source in place `index` of the heap, 0 being the first; those behind are in no order. */
  at(index: number): number {
    return this.#heap[index] as number;
  }

  /** The frame `source` puts forward; -1 where it puts none. */
  slotOf(source: number): number {
    return this.#slots[source] as number;
  }

  /** Source `source` puts forward the frame in `slot` from now on; -1 takes the source out. HOT. */
  put(source: number, slot: number): void {
    this.#slots[source] = slot;
    let place = this.#places[source] as number;
    if (slot < 0) {
      if (place >= 0) this.#takeOut(place);
      return;
    }
    if (place < 0) {
      place = this.#length;
      this.#length += 1;
    } else if (this.#length === 1) return;
    this.#sink(this.#rise(place, source), source);
  }

  /** Becomes a copy of another heap of as many sources. */
  copy(other: SourceHeap): void {
    this.#heap.set(other.#heap);
    this.#places.set(other.#places);
    this.#slots.set(other.#slots);
    this.#length = other.#length;
  }

  #takeOut(place: number): void {
    this.#places[this.at(place)] = -1;
    this.#length -= 1;
    if (place === this.#length) return;
    const last = this.at(this.#length);
    this.#sink(this.#rise(place, last), last);
  }

  /** Moves what `source` goes before down from `place` on; returns where the source belongs. */
  #rise(place: number, source: number): number {
    let hole = place;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#goesBefore(source, this.at(parent))) break;
      this.#set(hole, this.at(parent));
      hole = parent;
    }
    return hole;
  }

  /** Moves what goes before `source` up from `place` on, and sets the source where it belongs. */
  #sink(place: number, source: number): void {
    let hole = place;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.#length) break;
      const right = child + 1;
      if (right < this.#length && this.#goesBefore(this.at(right), this.at(child))) child = right;
      if (!this.#goesBefore(this.at(child), source)) break;
      this.#set(hole, this.at(child));
      hole = child;
    }
    this.#set(hole, source);
  }

  #set(place: number, source: number): void {
    this.#heap[place] = source;
    this.#places[source] = place;
  }

  #goesBefore(source: number, other: number): boolean {
    return this.#isBefore(this.slotOf(source), this.slotOf(other));
  }
}
