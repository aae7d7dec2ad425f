import { EarlyAnswer, SlotHeader } from "../layout/layout.gen.ts";
import { type ArenaLayout, slotOffset } from "../ring/arena.ts";

/** What a cascade found for the frames in the slots before the reference model saw them. */
export class EarlyAnswers {
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  /** Where slots lie in the arena, in 32-bit words. */
  readonly #offsets: Int32Array;

  constructor(arena: SharedArrayBuffer, layout: ArenaLayout) {
    this.#words = new Int32Array(arena);
    this.#floats = new Float32Array(arena);
    this.#offsets = Int32Array.from(
      { length: layout.slotCount },
      (_, slot) => slotOffset(layout, slot) / 4,
    );
  }

  /** An `EarlyAnswer`; `none` where no cascade runs. HOT. */
  answerOf(slot: number): number {
    return this.#words[(this.#offsets[slot] as number) + SlotHeader.earlyAnswer / 4] as number;
  }

  /** Score of the network, 0–1; NaN where it did not look. HOT. */
  scoreOf(slot: number): number {
    return this.#floats[(this.#offsets[slot] as number) + SlotHeader.score / 4] as number;
  }

  /** What the difference detector measured; NaN where it did not look. HOT. */
  differenceOf(slot: number): number {
    return this.#floats[(this.#offsets[slot] as number) + SlotHeader.difference / 4] as number;
  }

  /** What was found is of no use: the reference model decides. */
  clear(slot: number): void {
    this.#words[(this.#offsets[slot] as number) + SlotHeader.earlyAnswer / 4] = EarlyAnswer.none;
  }
}
