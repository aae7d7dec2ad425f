import { IGNORED } from "../cascade/types.ts";
import { TapePlaces, type TapePlan } from "./screen-tape.ts";

/** Frames with what the reference model says of them, in order. */
export interface LabelledFrames {
  /** Frames in all. */
  readonly count: number;
  /** Luma thumbnails, u8 [count, 50, 50], in shared memory. */
  readonly luma: Uint8Array;
  /** Colour thumbnails, u8 [count, 3, side, side], in shared memory. */
  readonly pictures: Uint8Array;
  readonly side: number;
  /** 1 where a frame shows the object, 0 where not, `IGNORED` where nobody knows. */
  readonly truth: Uint8Array;
}

export interface TapeRecorderOptions {
  /** Slots of the source. */
  readonly slotCount: number;
  /** Side of the colour thumbnails. */
  readonly side: number;
  /** Frames kept at most: the last ones. */
  readonly framesMax: number;
}

/**
 * Keeps the thumbnails of a source's frames together with the reference model's answers, frame by
 * frame in the order in which they leave. When it is full, the older half makes room; while they are
 * lent, new ones are left out.
 *
 * Pages of its memory are taken when they are first written.
 */
export class TapeRecorder {
  /** What the ingest worker writes to. */
  readonly plan: TapePlan;
  /** Frames recorded so far, those included that have made room. */
  recorded = 0;
  readonly #options: TapeRecorderOptions;
  readonly #places: TapePlaces;
  readonly #tape: Uint8Array;
  readonly #tapeFrames: Uint32Array;
  readonly #luma: Uint8Array;
  readonly #pictures: Uint8Array;
  readonly #truth: Uint8Array;
  #count = 0;
  /** Somebody reads what there is: it must stay where it is. */
  #isLent = false;

  constructor(options: TapeRecorderOptions) {
    const { slotCount, side, framesMax } = options;
    const places = new TapePlaces(side);
    const memory = new SharedArrayBuffer(places.sizeBytes(slotCount));
    this.#options = options;
    this.#places = places;
    this.plan = { side, memory };
    this.#tape = new Uint8Array(memory);
    this.#tapeFrames = new Uint32Array(memory);
    this.#luma = new Uint8Array(new SharedArrayBuffer(framesMax * places.lumaBytes));
    this.#pictures = new Uint8Array(new SharedArrayBuffer(framesMax * places.rgbBytes));
    this.#truth = new Uint8Array(framesMax);
  }

  /**
   * A frame leaves. One whose thumbnails are not on the tape, because it came before, is left out.
   *
   * @param slot number in the source
   * @param present what the reference model says; null where it failed
   */
  record(slot: number, frameId: number, present: boolean | null): void {
    const places = this.#places;
    if (this.#tapeFrames[places.frame(slot) / 4] !== frameId + 1) return;
    if (this.#count === this.#options.framesMax) {
      if (this.#isLent) return;
      this.#makeRoom();
    }
    const { lumaBytes, rgbBytes } = places;
    const luma = places.luma(slot);
    const rgb = places.rgb(slot);
    this.#luma.set(this.#tape.subarray(luma, luma + lumaBytes), this.#count * lumaBytes);
    this.#pictures.set(this.#tape.subarray(rgb, rgb + rgbBytes), this.#count * rgbBytes);
    this.#truth[this.#count] = present === null ? IGNORED : Number(present);
    this.#count += 1;
    this.recorded += 1;
  }

  /** What there is so far: it stays as it is until `takeBack`. */
  lend(): LabelledFrames {
    const { side } = this.#options;
    const { lumaBytes, rgbBytes } = this.#places;
    const count = this.#count;
    this.#isLent = true;
    return {
      count,
      side,
      luma: this.#luma.subarray(0, count * lumaBytes),
      pictures: this.#pictures.subarray(0, count * rgbBytes),
      truth: this.#truth.slice(0, count),
    };
  }

  /** Nobody reads it any more. */
  takeBack(): void {
    this.#isLent = false;
  }

  #makeRoom(): void {
    const { lumaBytes, rgbBytes } = this.#places;
    const kept = Math.floor(this.#count / 2);
    const from = this.#count - kept;
    this.#luma.copyWithin(0, from * lumaBytes, this.#count * lumaBytes);
    this.#pictures.copyWithin(0, from * rgbBytes, this.#count * rgbBytes);
    this.#truth.copyWithin(0, from, this.#count);
    this.#count = kept;
  }
}
