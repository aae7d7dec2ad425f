/** A drawn frame that waits for its audit. */
export interface DrawnFrame {
  readonly slot: number;
  /** Frames that it stands for: 1 / the probability with which it came here. */
  readonly weight: number;
}

/**
 * Drawn frames that wait for a device with nothing else to do, so many at most. Where more come, one
 * of all of them gives way, and the others stand for it: those that are audited in the end say as much of a
 * busy stretch, in which nobody had time, as of the quiet one after it. Sums of weights stay unbiased, and
 * vary least (VarOpt: Cohen, Duffield, Kaplan, Lund and Thorup, "Stream sampling for variance-optimal
 * estimation of subset sums", SODA 2009).
 */
export class AuditReserve {
  readonly #random: () => number;
  /** Oldest first. */
  #frames: DrawnFrame[] = [];

  /** @param random numbers from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  get length(): number {
    return this.#frames.length;
  }

  add(frame: DrawnFrame): void {
    this.#frames.push(frame);
  }

  /** Takes out the one that has waited longest; undefined for none. */
  take(): DrawnFrame | undefined {
    return this.#frames.shift();
  }

  /**
   * Takes out one by chance, the lighter ones more likely, which stands for few; what may have gone in its
   * place is the heavier for it.
   *
   * @returns its slot; -1 where there is only one, for which nothing could stand
   */
  giveWay(): number {
    if (this.#frames.length < 2) return -1;
    const least = this.#leastWeight();
    // They sum up to 1.
    let chance = this.#random();
    let gone = -1;
    for (const [index, { weight }] of this.#frames.entries()) {
      if (weight >= least) continue;
      gone = index;
      chance -= 1 - weight / least;
      if (chance < 0) break;
    }
    const slot = this.#frames[gone]?.slot ?? -1;
    this.#frames = this.#frames
      .toSpliced(gone, 1)
      .map((frame) => (frame.weight < least ? { ...frame, weight: least } : frame));
    return slot;
  }

  /** The weight below which nothing stays: as many lighter ones less one weigh as much. */
  #leastWeight(): number {
    const weights = this.#frames.map(({ weight }) => weight).sort((a, b) => a - b);
    let sum = weights[0] as number;
    let least = Number.POSITIVE_INFINITY;
    for (let count = 2; count <= weights.length; count += 1) {
      if (least <= (weights[count - 1] as number)) break;
      sum += weights[count - 1] as number;
      least = sum / (count - 1);
    }
    return least;
  }
}
