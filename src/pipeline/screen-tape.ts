import type { Question } from "../cascade/types.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { EarlyAnswer } from "../layout/layout.gen.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import type { ScreenContext, ScreenLevel } from "./screen.ts";

/** Where an ingest worker leaves the thumbnails of its frames, for whoever learns from them. */
export interface TapePlan {
  /** Side of the colour thumbnails. */
  readonly side: number;
  /** Room for every slot's, as `TapePlaces` has it. */
  readonly memory: SharedArrayBuffer;
}

/**
 * What lies where on a tape, one place a slot:
 *
 * ```text
 * frame number + 1, u32 │ luma thumbnail, u8 [50, 50] │ colour thumbnail, u8 [3, side, side]
 * ```
 */
export class TapePlaces {
  readonly lumaBytes: number = LUMA_SIDE * LUMA_SIDE;
  readonly rgbBytes: number;
  readonly #bytes: number;

  constructor(side: number) {
    this.rgbBytes = 3 * side * side;
    this.#bytes = 4 * Math.ceil((4 + this.lumaBytes + this.rgbBytes) / 4);
  }

  /** Bytes of a tape for so many slots. */
  sizeBytes(slotCount: number): number {
    return slotCount * this.#bytes;
  }

  /** Byte offsets of a slot's number, luma and colour thumbnail. */
  frame(slot: number): number {
    return slot * this.#bytes;
  }

  luma(slot: number): number {
    return this.frame(slot) + 4;
  }

  rgb(slot: number): number {
    return this.luma(slot) + this.lumaBytes;
  }
}

/** Tells which frames have been left on a tape, as long as their slots are theirs. */
export class TapeFrames {
  readonly #places: TapePlaces;
  readonly #frames: Uint32Array;

  constructor({ side, memory }: TapePlan) {
    this.#places = new TapePlaces(side);
    this.#frames = new Uint32Array(memory);
  }

  /** Whether this frame is the one on the tape in its slot. HOT. */
  has(slot: number, frameId: number): boolean {
    return this.#frames[this.#places.frame(slot) / 4] === frameId + 1;
  }
}

/** Leaves every frame to the reference model, and its thumbnails on the tape. */
export class TapeScreen implements ScreenLevel {
  readonly #context: ScreenContext;
  readonly #luma: Thumbnails;
  readonly #rgb: Thumbnails;
  readonly #frames: Uint32Array;
  /** Per slot. */
  readonly #lumaPlaces: readonly Uint8Array[];
  readonly #rgbPlaces: readonly Uint8Array[];
  readonly #frameWords: Int32Array;

  constructor({ side, memory }: TapePlan, region: Question["region"], context: ScreenContext) {
    const places = new TapePlaces(side);
    const slots = Array.from(
      { length: Math.floor(memory.byteLength / places.sizeBytes(1)) },
      (_, slot) => slot,
    );
    this.#context = context;
    this.#luma = new Thumbnails({ side: LUMA_SIDE, region });
    this.#rgb = new Thumbnails({ side, region });
    this.#frames = new Uint32Array(memory);
    this.#lumaPlaces = slots.map(
      (slot) => new Uint8Array(memory, places.luma(slot), places.lumaBytes),
    );
    this.#rgbPlaces = slots.map(
      (slot) => new Uint8Array(memory, places.rgb(slot), places.rgbBytes),
    );
    this.#frameWords = Int32Array.from(slots, (slot) => places.frame(slot) / 4);
  }

  /** HOT. */
  look(offset: number, frameId: number): number {
    const { arenaAddress, slotsOffset, slotBytes } = this.#context;
    const slot = (offset - slotsOffset) / slotBytes;
    this.#luma.luma(arenaAddress + offset, this.#lumaPlaces[slot] as Uint8Array);
    this.#rgb.rgb(arenaAddress + offset, this.#rgbPlaces[slot] as Uint8Array);
    this.#frames[this.#frameWords[slot] as number] = frameId + 1;
    return EarlyAnswer.none;
  }
}
