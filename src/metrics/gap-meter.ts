/**
 * How evenly what was dropped lies between what was answered: the distances from one answered frame
 * to the next, in frames. Where nothing is missing each is 1.
 */
export class GapMeter {
  #first = -1;
  #last = -1;
  #count = 0;
  #max = 0;

  /** Frame `frameId` was answered; ids rise. HOT. */
  record(frameId: number): void {
    if (this.#last < 0) this.#first = frameId;
    else {
      this.#count += 1;
      if (frameId - this.#last > this.#max) this.#max = frameId - this.#last;
    }
    this.#last = frameId;
  }

  /** Mean distance; 0 before the second frame. */
  get mean(): number {
    return this.#count === 0 ? 0 : (this.#last - this.#first) / this.#count;
  }

  /** Largest distance; 0 before the second frame. */
  get max(): number {
    return this.#max;
  }
}
