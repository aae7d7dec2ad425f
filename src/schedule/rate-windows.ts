/** Windows that are kept; what leaves later is not counted. */
export const WINDOW_COUNT_MAX = 1000;

/** Frames a second in one stretch of time after the other, to see how a rate changes. */
export class RateWindows {
  readonly #windowMs: number;
  readonly #counts: number[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** A frame leaves. Times must not decrease. */
  left(timeMs: number): void {
    const window = Math.floor(timeMs / this.#windowMs);
    if (window >= WINDOW_COUNT_MAX) return;
    while (this.#counts.length <= window) this.#counts.push(0);
    this.#counts[window] = (this.#counts[window] as number) + 1;
  }

  /** Rates of the windows that were over at `endMs`, from 0 on. */
  rates(endMs: number): number[] {
    const whole = Math.min(WINDOW_COUNT_MAX, Math.floor(endMs / this.#windowMs));
    return Array.from(
      { length: whole },
      (_, window) => (1000 * (this.#counts[window] ?? 0)) / this.#windowMs,
    );
  }
}
