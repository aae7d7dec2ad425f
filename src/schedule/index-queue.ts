/**
 * A queue of indices in a fixed array: no allocation after construction. Besides the ends, an
 * element in the middle can be taken out, which moves the shorter side.
 */
export class IndexQueue {
  readonly #values: Int32Array;
  readonly #mask: number;
  #head = 0;
  #length = 0;

  /** @param capacity most elements it will ever hold */
  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(capacity, 2)));
    this.#values = new Int32Array(size);
    this.#mask = size - 1;
  }

  get length(): number {
    return this.#length;
  }

  /** @throws {RangeError} when full: the owner has more elements than it said it would */
  push(value: number): void {
    if (this.#length > this.#mask) throw new RangeError("index queue is full");
    this.#values[(this.#head + this.#length) & this.#mask] = value;
    this.#length += 1;
  }

  /** Puts `value` before the element at `index`; at the end where `index` is the length. */
  insertAt(index: number, value: number): void {
    this.push(value);
    const values = this.#values;
    for (let i = this.#length - 1; i > index; i -= 1) {
      values[(this.#head + i) & this.#mask] = this.at(i - 1);
    }
    values[(this.#head + index) & this.#mask] = value;
  }

  /** Element at `index`, 0 being the oldest; -1 beyond the end. */
  at(index: number): number {
    if (index >= this.#length) return -1;
    return this.#values[(this.#head + index) & this.#mask] as number;
  }

  /** Takes the oldest out; -1 when empty. */
  shift(): number {
    if (this.#length === 0) return -1;
    const value = this.#values[this.#head] as number;
    this.#head = (this.#head + 1) & this.#mask;
    this.#length -= 1;
    return value;
  }

  /** Takes the element at `index` out; -1 beyond the end. */
  takeAt(index: number): number {
    if (index === 0) return this.shift();
    if (index >= this.#length) return -1;
    const values = this.#values;
    const value = this.at(index);
    if (index < this.#length / 2) {
      for (let i = index; i > 0; i -= 1) {
        values[(this.#head + i) & this.#mask] = this.at(i - 1);
      }
      this.#head = (this.#head + 1) & this.#mask;
    } else {
      for (let i = index; i < this.#length - 1; i += 1) {
        values[(this.#head + i) & this.#mask] = this.at(i + 1);
      }
    }
    this.#length -= 1;
    return value;
  }

  /** Index of the first element equal to `value`; -1 where there is none. */
  indexOf(value: number): number {
    for (let index = 0; index < this.#length; index += 1) {
      if (this.at(index) === value) return index;
    }
    return -1;
  }
}
