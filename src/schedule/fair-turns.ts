import type { SourceShare } from "./source-share.ts";

/** Multiples of it, wholes left out, lie evenly between 0 and 1 however many there are (Weyl). */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

export interface FairTurnsOptions {
  readonly shares: readonly SourceShare[];
  /** The source each slot belongs to. */
  readonly owners: Int32Array;
  /** When the frame in each slot arrived, as a rising number. The owner keeps it. */
  readonly arrivals: Float64Array;
}

/**
 * When each waiting frame has its turn: start-time fair queueing (Goyal, Vin and Cheng, 1996).
 * Every frame bears a tag, that of its source's frame before it plus 1/weight, and the lowest goes
 * first. A source that had nothing waiting begins at the tag that is being served: it neither saves
 * up turns nor owes any. Where the first frame is always the one served, what two sources have been
 * served while both had frames waiting, divided by their weights, never differs by more than one
 * and a half frames of each.
 *
 * A frame that gives way hands its tag on to the next one of its source, so that dropping costs a
 * source none of its turns. The second tag of a source that begins is up to half a turn early or
 * late, in an even spread: sources that begin together would else be served in a bunch for ever,
 * and those of more weight not meanwhile.
 */
export class FairTurns {
  readonly #owners: Int32Array;
  readonly #arrivals: Float64Array;
  readonly #isShared: boolean;
  // Per source: the number of its next frame, and its tags: that of frame n is base + n × stride.
  readonly #counts: Float64Array;
  readonly #bases: Float64Array;
  readonly #strides: Float64Array;
  /** Per source: the rank of its priority, 0 being the highest. */
  readonly #levels: Int32Array;
  /** Per slot: the number of its frame. */
  readonly #numbers: Float64Array;
  /** Tag being served, for each rank. */
  readonly #clocks: Float64Array;
  /** Times a source began at the tag being served. */
  #begun = 0;

  constructor({ shares, owners, arrivals }: FairTurnsOptions) {
    const priorities = [...new Set(shares.map(({ priority }) => priority))].sort((a, b) => b - a);
    this.#owners = owners;
    this.#arrivals = arrivals;
    this.#isShared = shares.length > 1;
    this.#counts = new Float64Array(shares.length);
    this.#bases = new Float64Array(shares.length);
    this.#strides = Float64Array.from(shares, ({ weight }) => 1 / weight);
    this.#levels = Int32Array.from(shares, ({ priority }) => priorities.indexOf(priority));
    this.#numbers = new Float64Array(owners.length);
    this.#clocks = new Float64Array(priorities.length);
  }

  /** The frame in `slot` gets the turn after its source's last one. HOT. */
  append(slot: number, source: number): void {
    const number = this.#counts[source] as number;
    this.#numbers[slot] = number;
    this.#counts[source] = number + 1;
  }

  /** Source `source`, which had nothing waiting, begins with the frame in `slot`. HOT. */
  begin(slot: number, source: number): void {
    if (!this.#isShared) return;
    const clock = this.#clocks[this.#levels[source] as number] as number;
    const lateBy = clock - this.#tag(slot);
    if (lateBy < 0) return;
    this.#bases[source] = (this.#bases[source] as number) + lateBy;
    this.#begun += 1;
    const spread = ((this.#begun * GOLDEN_RATIO) % 1) - 0.5;
    this.#counts[source] = (this.#counts[source] as number) + spread;
  }

  /** The frame in `slot` is served: who begins from now on begins no earlier than that. HOT. */
  serve(slot: number): void {
    if (!this.#isShared) return;
    const level = this.#levels[this.#owners[slot] as number] as number;
    const tag = this.#tag(slot);
    if (tag > (this.#clocks[level] as number)) this.#clocks[level] = tag;
  }

  /** The frame in `slot`, its source's oldest, gives way; `next` is the one behind, -1 for none. */
  handOn(slot: number, next: number): void {
    const source = this.#owners[slot] as number;
    this.#bases[source] = (this.#bases[source] as number) - (this.#strides[source] as number);
    if (next < 0) return;
    // All behind come a turn earlier, but no earlier than this one would have been served.
    const earliest = (this.#numbers[slot] as number) + 1;
    this.#numbers[next] = Math.max(this.#numbers[next] as number, earliest);
  }

  /** The frames in two slots of one source exchange their turns. */
  exchange(slot: number, other: number): void {
    const number = this.#numbers[slot] as number;
    this.#numbers[slot] = this.#numbers[other] as number;
    this.#numbers[other] = number;
  }

  /** Whether the frame in `slot` is served before that in `other`. HOT. */
  isBefore(slot: number, other: number): boolean {
    const source = this.#owners[slot] as number;
    const rival = this.#owners[other] as number;
    const level = (this.#levels[source] as number) - (this.#levels[rival] as number);
    if (level !== 0) return level < 0;
    const lead = this.#tag(slot) - this.#tag(other);
    if (lead !== 0) return lead < 0;
    return (this.#arrivals[slot] as number) < (this.#arrivals[other] as number);
  }

  #tag(slot: number): number {
    const source = this.#owners[slot] as number;
    const number = this.#numbers[slot] as number;
    return (this.#bases[source] as number) + number * (this.#strides[source] as number);
  }
}
