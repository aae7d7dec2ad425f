import { RingHeader } from "../layout/layout.gen.ts";

const HEAD = RingHeader.head / 4;
const TAIL = RingHeader.tail / 4;
const WAKE = RingHeader.wake / 4;
const CONSUMER_WAITING = RingHeader.consumerWaiting / 4;
const CAPACITY = RingHeader.capacity / 4;

/** Loads of the head before a consumer parks: about the cost of a short sleep and wake-up. */
const SPIN_COUNT = 64;

/**
 * Single-producer single-consumer ring of 31-bit indices in shared memory.
 *
 * ```text
 *   ring_header (192 B)                                        elements
 *   ┌ head ───────┐┌ tail ───────┐┌ wake, waiting, capacity ┐ ┌────┬────┬────┬────┐
 *   │ producer    ││ consumer    ││ touched when one sleeps │ │ i32│ i32│ …  │    │
 *   └─ 64 B ──────┘└─ 64 B ──────┘└─ 64 B ──────────────────┘ └────┴────┴────┴────┘
 * ```
 *
 * Positions count up and wrap at 2³²; an element lies at `position & (capacity - 1)`. Each side
 * keeps its own position and a cached copy of the other's in the object, and looks at shared memory
 * only when the cached copy says full or empty (Aeron's and DPDK's cached cursors). Each thread
 * makes its own `Ring` over the same memory, and uses one side of it alone.
 *
 * What was pushed becomes visible with `publish()`, what was popped is given back with `release()`:
 * one store and at most one wake-up for a batch.
 */
export class Ring {
  readonly #words: Int32Array;
  readonly #elements: Int32Array;
  readonly #mask: number;
  #head: number;
  #tail: number;

  /** Bytes a ring of `capacity` elements takes, header included. */
  static sizeBytes(capacity: number): number {
    return RingHeader.sizeBytes + 4 * capacity;
  }

  /**
   * @param capacity number of elements, a power of two
   * @throws {RangeError} where the capacity is no power of two, or the offset not aligned to 64
   */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number, capacity: number) {
    if (capacity < 1 || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`ring capacity ${capacity} is no power of two`);
    }
    if (offsetBytes % 64 !== 0) throw new RangeError(`ring offset ${offsetBytes} is not aligned`);
    this.#words = new Int32Array(buffer, offsetBytes, RingHeader.sizeBytes / 4);
    this.#elements = new Int32Array(buffer, offsetBytes + RingHeader.sizeBytes, capacity);
    this.#mask = capacity - 1;
    this.#words[CAPACITY] = capacity;
    this.#head = Atomics.load(this.#words, HEAD);
    this.#tail = Atomics.load(this.#words, TAIL);
  }

  get capacity(): number {
    return this.#mask + 1;
  }

  // Producer -----------------------------------------------------------------------------------

  /** Puts `value` (0 to 2³¹ - 1) behind the others; false when the ring is full. HOT. */
  tryPush(value: number): boolean {
    const head = this.#head;
    if (((head - this.#tail) | 0) > this.#mask) {
      this.#tail = Atomics.load(this.#words, TAIL);
      if (((head - this.#tail) | 0) > this.#mask) return false;
    }
    this.#elements[head & this.#mask] = value;
    this.#head = (head + 1) | 0;
    return true;
  }

  /** Makes everything pushed visible and wakes the consumer where it sleeps. HOT. */
  publish(): void {
    const words = this.#words;
    Atomics.store(words, HEAD, this.#head);
    if (Atomics.load(words, CONSUMER_WAITING) === 0) return;
    if (Atomics.exchange(words, CONSUMER_WAITING, 0) === 1) this.wake();
  }

  /** Wakes the consumer although nothing was pushed, so that it looks at a stop flag. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  // Consumer -----------------------------------------------------------------------------------

  /** Takes the oldest value, or -1 when the ring is empty. HOT. */
  tryPop(): number {
    const tail = this.#tail;
    if (tail === this.#head) {
      this.#head = Atomics.load(this.#words, HEAD);
      if (tail === this.#head) return -1;
    }
    const value = this.#elements[tail & this.#mask] as number;
    this.#tail = (tail + 1) | 0;
    return value;
  }

  /** Gives the room of everything popped back to the producer. HOT. */
  release(): void {
    Atomics.store(this.#words, TAIL, this.#tail);
  }

  /** Whether nothing waits to be popped. */
  get isEmpty(): boolean {
    return Atomics.load(this.#words, HEAD) === this.#tail;
  }

  /**
   * Blocks until something was published, `wake()` was called or the time is over; the caller then
   * tries again. Only for threads that may block.
   */
  wait(timeoutMs: number): void {
    const words = this.#words;
    for (let spin = 0; spin < SPIN_COUNT; spin += 1) {
      if (Atomics.load(words, HEAD) !== this.#tail) return;
    }
    const seen = Atomics.load(words, WAKE);
    Atomics.store(words, CONSUMER_WAITING, 1);
    // Looked at again after saying that we sleep: a producer either sees that, or we its values.
    if (Atomics.load(words, HEAD) === this.#tail) Atomics.wait(words, WAKE, seen, timeoutMs);
    Atomics.store(words, CONSUMER_WAITING, 0);
  }

  /** Empties the ring. Only while no other thread uses it. */
  reset(): void {
    this.#words.fill(0, 0, CAPACITY);
    this.#head = 0;
    this.#tail = 0;
  }
}
