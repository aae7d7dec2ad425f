import { EventQueue } from "./event-queue.ts";

/**
 * Cores that jobs share fairly (generalised processor sharing; Parekh and Gallager, 1993): where
 * those under way want R of C cores, each thread is given min(1, C / R) of one. A call of t threads
 * goes on as fast as one of them, for they wait for each other; of another chip's call, only the
 * part that the processor does is slowed down.
 *
 * Actors are numbers from 0. Their jobs want as many cores as they have threads; less than one where
 * another chip computes and the processor does that share of it. Jobs of one actor follow upon each
 * other. Nothing is allocated after construction.
 */
export class SharedProcessor {
  readonly #cores: number;
  readonly #groups: readonly Group[];
  /** Each actor's group. */
  readonly #groupOf: readonly Group[];
  /** What an actor is to do when its job under way has ended, in ms; 0 for nothing. */
  readonly #laterMs: Float64Array;
  #wantedSum = 0;
  #nowMs = 0;
  /** The group whose job ends next, and when. */
  #next: Group | undefined;
  #nextMs = Number.POSITIVE_INFINITY;

  /** @param wanted cores the jobs of each actor want */
  constructor(cores: number, wanted: readonly number[]) {
    this.#cores = cores;
    this.#laterMs = new Float64Array(wanted.length);
    const groups = new Map<number, Group>();
    for (const each of wanted) {
      if (!groups.has(each)) groups.set(each, new Group(each, wanted.length));
    }
    this.#groups = [...groups.values()];
    this.#groupOf = wanted.map((each) => groups.get(each) as Group);
  }

  /** When the next job ends, if no other begins; infinite where there is none. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** A job begins that takes `ms` without hindrance, or is to follow upon the actor's last one. */
  add(actor: number, ms: number, nowMs: number): void {
    this.#advance(nowMs);
    const group = this.#groupOf[actor] as Group;
    if (group.isActive(actor)) {
      this.#laterMs[actor] = (this.#laterMs[actor] as number) + ms;
    } else {
      group.begin(actor, ms);
      this.#wantedSum += group.wanted;
    }
    this.#findNext();
  }

  /** Ends the next job, at `nextMs`; returns whose it was. */
  shift(): number {
    if (this.#next === undefined) return -1;
    const group = this.#next;
    this.#advance(this.#nextMs);
    const actor = group.end();
    this.#wantedSum -= group.wanted;
    const laterMs = this.#laterMs[actor] as number;
    if (laterMs > 0) {
      this.#laterMs[actor] = 0;
      group.begin(actor, laterMs);
      this.#wantedSum += group.wanted;
    }
    this.#findNext();
    return actor;
  }

  #advance(nowMs: number): void {
    const elapsedMs = nowMs - this.#nowMs;
    this.#nowMs = nowMs;
    if (elapsedMs === 0) return;
    for (const group of this.#groups) group.doneMs += elapsedMs / this.#stretch(group);
  }

  #findNext(): void {
    this.#next = undefined;
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const group of this.#groups) {
      const endMs = this.#nowMs + group.leftMs * this.#stretch(group);
      if (endMs >= this.#nextMs) continue;
      this.#next = group;
      this.#nextMs = endMs;
    }
  }

  /** How many times longer the jobs of a group take at present. */
  #stretch({ wanted }: Group): number {
    const crowd = Math.max(1, this.#wantedSum / this.#cores);
    return 1 + Math.min(1, wanted) * (crowd - 1);
  }
}

/** Jobs that want equally many cores, and so go on equally fast: they end in a fixed order. */
class Group {
  readonly wanted: number;
  /** What a job under way from the start would have done, in ms without hindrance. */
  doneMs = 0;
  readonly #ends: EventQueue;
  readonly #active: Uint8Array;

  constructor(wanted: number, actorCount: number) {
    this.wanted = wanted;
    this.#ends = new EventQueue(actorCount);
    this.#active = new Uint8Array(actorCount);
  }

  /** What is left of the job that ends first; infinite where none is under way. */
  get leftMs(): number {
    return Math.max(0, this.#ends.nextMs - this.doneMs);
  }

  isActive(actor: number): boolean {
    return this.#active[actor] === 1;
  }

  begin(actor: number, ms: number): void {
    this.#active[actor] = 1;
    this.#ends.schedule(actor, this.doneMs + ms);
  }

  /** Ends the job that ends first; returns whose it was. */
  end(): number {
    const actor = this.#ends.shift();
    this.#active[actor] = 0;
    return actor;
  }
}
