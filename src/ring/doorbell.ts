import { ArenaHeader } from "../layout/layout.gen.ts";

const DOORBELL = ArenaHeader.doorbell / 4;
const WAITING = ArenaHeader.managerWaiting / 4;

/**
 * One bell for everybody who has something for the manager. Ringing costs one load while the
 * manager is awake, so that one wake-up serves everything that has come meanwhile.
 */
export class Doorbell {
  readonly #words: Int32Array;
  #seen = 0;

  /** @param buffer the arena */
  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, ArenaHeader.sizeBytes / 4);
  }

  /** Called after publishing to a ring the manager reads. HOT. */
  ring(): void {
    if (Atomics.load(this.#words, WAITING) === 0) return;
    if (Atomics.exchange(this.#words, WAITING, 0) === 1) this.ringAnyway();
  }

  /** Wakes the manager also where it has not said yet that it sleeps. */
  ringAnyway(): void {
    Atomics.add(this.#words, DOORBELL, 1);
    Atomics.notify(this.#words, DOORBELL);
  }

  /** The manager is about to sleep; it must look at every ring once more before `wait`. */
  prepare(): void {
    this.#seen = Atomics.load(this.#words, DOORBELL);
    Atomics.store(this.#words, WAITING, 1);
  }

  /** The manager is awake: nobody needs to ring. */
  cancel(): void {
    Atomics.store(this.#words, WAITING, 0);
  }

  /**
   * Resolves when the bell rings or the time is over (kept short: a notified wait holds its memory
   * until its time-out); undefined where it has rung already. `cancel` must follow. No function of
   * its own awaits the promise: that would allocate as much again for every wake-up.
   */
  wait(timeoutMs: number): Promise<unknown> | undefined {
    const waiting = Atomics.waitAsync(this.#words, DOORBELL, this.#seen, timeoutMs);
    return waiting.async ? waiting.value : undefined;
  }
}
