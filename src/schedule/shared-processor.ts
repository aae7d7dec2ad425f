/**
 * Cores that jobs share fairly (generalised processor sharing; Parekh and Gallager, 1993): where
 * those under way want R of C cores, each thread is given min(1, C / R) of one. A call of t threads
 * goes on as fast as one of them, for they wait for each other; of another chip's call, only the
 * part that the processor does is slowed down.
 *
 * Actors are numbers from 0. Their jobs want as many cores as they have threads; less than one where
 * another chip computes and the processor does that share of it. Each actor has at most one job. It allocates nothing after construction.
 */
export class SharedProcessor {
  readonly #cores: number;
  /** Cores each actor's jobs want. */
  readonly #wanted: Float64Array;
  /** What is left of its job, in ms without hindrance. */
  readonly #leftMs: Float64Array;
  readonly #active: Int32Array;
  #activeCount = 0;
  #wantedSum = 0;
  #nowMs = 0;
  /** The next job to end, and when. */
  #next = -1;
  #nextMs = Number.POSITIVE_INFINITY;

  /** @param wanted cores the jobs of each actor want */
  constructor(cores: number, wanted: readonly number[]) {
    this.#cores = cores;
    this.#wanted = Float64Array.from(wanted);
    this.#leftMs = new Float64Array(wanted.length);
    this.#active = new Int32Array(wanted.length);
  }

  /** When the next job ends, if no other begins; infinite where there is none. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** An actor's job begins, or becomes longer, by what takes `ms` without hindrance. */
  add(actor: number, ms: number, nowMs: number): void {
    this.#advance(nowMs);
    if (this.#placeOf(actor) < 0) {
      this.#active[this.#activeCount] = actor;
      this.#activeCount += 1;
      this.#leftMs[actor] = 0;
      this.#wantedSum += this.#wanted[actor] as number;
    }
    this.#leftMs[actor] = (this.#leftMs[actor] as number) + ms;
    this.#findNext();
  }

  /** Ends the next job, at `nextMs`; returns whose it was. */
  shift(): number {
    const actor = this.#next;
    this.#advance(this.#nextMs);
    this.#activeCount -= 1;
    this.#active[this.#placeOf(actor)] = this.#active[this.#activeCount] as number;
    // Rounding must not add up.
    if (this.#activeCount === 0) this.#wantedSum = 0;
    else this.#wantedSum -= this.#wanted[actor] as number;
    this.#findNext();
    return actor;
  }

  #placeOf(actor: number): number {
    for (let place = 0; place < this.#activeCount; place += 1) {
      if (this.#active[place] === actor) return place;
    }
    return -1;
  }

  #advance(nowMs: number): void {
    const elapsedMs = nowMs - this.#nowMs;
    this.#nowMs = nowMs;
    if (elapsedMs === 0) return;
    for (let place = 0; place < this.#activeCount; place += 1) {
      const actor = this.#active[place] as number;
      const doneMs = elapsedMs / this.#stretch(actor);
      this.#leftMs[actor] = Math.max(0, (this.#leftMs[actor] as number) - doneMs);
    }
  }

  #findNext(): void {
    this.#next = -1;
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#activeCount; place += 1) {
      const actor = this.#active[place] as number;
      const endMs = this.#nowMs + (this.#leftMs[actor] as number) * this.#stretch(actor);
      if (endMs >= this.#nextMs) continue;
      this.#next = actor;
      this.#nextMs = endMs;
    }
  }

  /** How many times longer an actor's job takes at present. */
  #stretch(actor: number): number {
    const crowd = Math.max(1, this.#wantedSum / this.#cores);
    const share = Math.min(1, this.#wanted[actor] as number);
    return 1 + share * (crowd - 1);
  }
}
