/**
 * Presentation times of a source's frames, over all its segments. A camera that sends what it had
 * stored when it is connected again would turn the clock back: its frames go on after the last one
 * instead.
 */
export class FrameClock {
  readonly #offsetMs: number;
  #segmentCount = 0;
  #isFirstOfSegment = false;
  /** Added to the times of a segment that would begin before the last one ended. */
  #shiftMs = 0;
  #lastMs = 0;
  /** Time from the frame before the last one to the last. */
  #stepMs = 0;

  /** @param offsetMs added to every time */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs;
  }

  /** A segment begins. */
  begin(): void {
    this.#segmentCount += 1;
    this.#isFirstOfSegment = this.#segmentCount > 1;
    this.#shiftMs = 0;
  }

  /** Time of the next frame, which its segment puts at `ms`. HOT. */
  next(ms: number): number {
    let timeMs = ms + this.#offsetMs + this.#shiftMs;
    if (this.#isFirstOfSegment && timeMs <= this.#lastMs) {
      this.#shiftMs += this.#lastMs + this.#stepMs - timeMs;
      timeMs = this.#lastMs + this.#stepMs;
    }
    this.#isFirstOfSegment = false;
    this.#stepMs = Math.max(timeMs - this.#lastMs, 0);
    this.#lastMs = timeMs;
    return timeMs;
  }
}
