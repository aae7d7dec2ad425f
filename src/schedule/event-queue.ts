/**
 * Times at which actors act, earliest first; events of one time in the order they were scheduled.
 * Each actor has at most one event. A binary heap in fixed arrays: it allocates nothing after
 * construction.
 */
export class EventQueue {
  readonly #heap: Int32Array;
  readonly #timeMs: Float64Array;
  readonly #sequence: Float64Array;
  #length = 0;
  #scheduled = 0;

  /** @param actorCount actors are numbers from 0 to `actorCount - 1` */
  constructor(actorCount: number) {
    this.#heap = new Int32Array(actorCount);
    this.#timeMs = new Float64Array(actorCount);
    this.#sequence = new Float64Array(actorCount).fill(-1);
  }

  /** Time of the next event; infinite where there is none. */
  get nextMs(): number {
    if (this.#length === 0) return Number.POSITIVE_INFINITY;
    return this.#timeMs[this.#heap[0] as number] as number;
  }

  /** @throws {RangeError} where the actor has an event already */
  schedule(actor: number, timeMs: number): void {
    if (this.#sequence[actor] !== -1) throw new RangeError(`actor ${actor} has an event`);
    this.#timeMs[actor] = timeMs;
    this.#sequence[actor] = this.#scheduled;
    this.#scheduled += 1;
    let place = this.#length;
    this.#length += 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent] as number;
      if (this.#isBefore(above, actor)) break;
      this.#heap[place] = above;
      place = parent;
    }
    this.#heap[place] = actor;
  }

  /** Takes the next event out: the actor whose it is; -1 where there is none. */
  shift(): number {
    if (this.#length === 0) return -1;
    const first = this.#heap[0] as number;
    this.#sequence[first] = -1;
    this.#length -= 1;
    const last = this.#heap[this.#length] as number;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#length) break;
      const right = child + 1;
      if (right < this.#length && this.#isBefore(this.#at(right), this.#at(child))) child = right;
      if (this.#isBefore(last, this.#at(child))) break;
      this.#heap[place] = this.#at(child);
      place = child;
    }
    this.#heap[place] = last;
    return first;
  }

  #at(place: number): number {
    return this.#heap[place] as number;
  }

  #isBefore(actor: number, other: number): boolean {
    const difference = (this.#timeMs[actor] as number) - (this.#timeMs[other] as number);
    if (difference !== 0) return difference < 0;
    return (this.#sequence[actor] as number) < (this.#sequence[other] as number);
  }
}
