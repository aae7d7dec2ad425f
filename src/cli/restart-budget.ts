/** Crashes in a row without a frame more in the results: it is always the same frame. */
export const FRUITLESS_COUNT_MAX = 3;
/** Restarts in `RESTART_WINDOW_MS`. */
export const RESTART_COUNT_MAX = 5;
const RESTART_WINDOW_MS = 60_000;

/** Decides whether a run that crashed is worth starting again. Pure: time is told. */
export class RestartBudget {
  readonly #restartsMs: number[] = [];
  #fruitless = 0;
  #progress: number | null = null;

  /**
   * Takes note of a crash. Returns null where the run may start again, else why it may not, in
   * words that complete "given up: ".
   *
   * @param nowMs time of the crash
   * @param progress anything that grows with the frames written; null where none can be told
   */
  crashed(nowMs: number, progress: number | null): string | null {
    const grew = progress === null || progress !== this.#progress;
    this.#progress = progress;
    this.#fruitless = grew ? 0 : this.#fruitless + 1;
    if (this.#fruitless >= FRUITLESS_COUNT_MAX) {
      return `it crashed ${FRUITLESS_COUNT_MAX} times without a frame more`;
    }
    const recent = this.#restartsMs.filter((ms) => nowMs - ms < RESTART_WINDOW_MS).length;
    if (recent >= RESTART_COUNT_MAX) return `it crashed ${recent + 1} times within a minute`;
    this.#restartsMs.push(nowMs);
    if (this.#restartsMs.length > RESTART_COUNT_MAX) this.#restartsMs.shift();
    return null;
  }
}
