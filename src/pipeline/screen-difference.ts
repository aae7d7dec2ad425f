import type { DifferenceLevel, Question } from "../cascade/types.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { EarlyAnswer, SlotHeader } from "../layout/layout.gen.ts";
import { Difference } from "../native/difference.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import type { ScreenContext, ScreenLevel } from "./screen.ts";

/**
 * The difference detector: a frame that hardly differs from the last one with an answer of its own
 * has that answer again, so that whoever stands still stays; one that hardly differs from the empty
 * picture shows nobody.
 */
export class DifferenceScreen implements ScreenLevel {
  readonly #arenaAddress: number;
  readonly #floats: Float32Array;
  readonly #thumbnails: Thumbnails;
  readonly #difference: Difference;
  readonly #tDiff: number;
  /** The empty picture; null where frames are compared with an earlier one. */
  readonly #reference: Uint8Array | null;
  #current: Uint8Array;
  #anchor: Uint8Array;
  #hasAnchor = false;

  constructor(level: DifferenceLevel, region: Question["region"], context: ScreenContext) {
    this.#arenaAddress = context.arenaAddress;
    this.#floats = new Float32Array(context.arena);
    this.#thumbnails = new Thumbnails({ side: LUMA_SIDE, region });
    this.#difference = new Difference({ side: LUMA_SIDE, blocks: level.blocks });
    this.#tDiff = level.tDiff;
    this.#current = sharedBytes(this.#thumbnails.lumaBytes);
    this.#anchor = sharedBytes(this.#thumbnails.lumaBytes);
    this.#reference = null;
    if (level.mode === "reference") {
      if (level.reference === null) throw new RangeError("there is no picture to compare with");
      this.#reference = sharedBytes(level.reference.length);
      this.#reference.set(level.reference);
    }
  }

  /** HOT. */
  look(offset: number): number {
    this.#thumbnails.luma(this.#arenaAddress + offset, this.#current);
    const reference = this.#reference;
    if (reference !== null) {
      return this.#measure(offset, reference) < this.#tDiff ? EarlyAnswer.empty : EarlyAnswer.none;
    }
    if (this.#hasAnchor && this.#measure(offset, this.#anchor) < this.#tDiff) {
      return EarlyAnswer.unchanged;
    }
    const former = this.#anchor;
    this.#anchor = this.#current;
    this.#current = former;
    this.#hasAnchor = true;
    return EarlyAnswer.none;
  }

  reset(): void {
    this.#hasAnchor = false;
  }

  #measure(offset: number, other: Uint8Array): number {
    const difference = this.#difference.of(this.#current, other);
    this.#floats[(offset + SlotHeader.difference) / 4] = difference;
    return difference;
  }
}

function sharedBytes(count: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(count));
}
