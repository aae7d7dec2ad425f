import { EarlyAnswer } from "../layout/layout.gen.ts";
import type { ScreenLevel } from "./screen.ts";

/**
 * Lets one frame in every `t_skip` pass; the others get the last answer again. Where the one whose
 * turn it was has been dropped, the next takes its place.
 */
export class TurnScreen implements ScreenLevel {
  readonly #tSkip: number;
  /** Turn of the frame that passed last. */
  #turn = -1;

  constructor(tSkip: number) {
    this.#tSkip = tSkip;
  }

  look(_offset: number, frameId: number): number {
    const turn = Math.floor(frameId / this.#tSkip);
    if (turn === this.#turn) return EarlyAnswer.skipped;
    this.#turn = turn;
    return EarlyAnswer.none;
  }

  reset(): void {
    this.#turn = -1;
  }
}
