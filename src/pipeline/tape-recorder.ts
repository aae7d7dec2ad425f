import { IGNORED } from "../cascade/types.ts";
import { TapeFrames, TapePlaces, type TapePlan } from "./screen-tape.ts";

/** Frames with what the reference model says of them, in order. */
export interface LabelledFrames {
  /** Frames in all. */
  readonly count: number;
  /** 1 where a frame shows the object, 0 where not, `IGNORED` where nobody knows; u8 [count]. */
  readonly truth: Uint8Array;
  /** Every how many frames there are thumbnails, the first frame included. */
  readonly stride: number;
  /** Luma thumbnails, u8 [count / stride, 50, 50], in shared memory. */
  readonly luma: Uint8Array;
  /** Colour thumbnails, u8 [count / stride, 3, side, side], in shared memory. */
  readonly pictures: Uint8Array;
  readonly side: number;
  /** Numbers in the source of the first frame and of the one after the last. */
  readonly span: { readonly start: number; readonly end: number };
}

export interface TapeRecorderOptions {
  /** Slots of the source. */
  readonly slotCount: number;
  /** Side of the colour thumbnails. */
  readonly side: number;
  /** Thumbnails kept at most. */
  readonly thumbnailsMax: number;
  /** Largest distance of thumbnails that does: every how many frames a cascade looks at one. */
  readonly strideMax: number;
}

/** Thumbnails of one slot on the tape. */
interface TapePlace {
  readonly luma: Uint8Array;
  readonly rgb: Uint8Array;
}

/**
 * Keeps the thumbnails of a source's frames together with the reference model's answers, in the
 * order in which frames leave. Answers are kept of all frames. When the room for thumbnails is full,
 * every second one goes, as long as that leaves as many as a cascade would look at; then the older
 * half. While frames are lent and there is no room, new ones are left out.
 *
 * Pages of its memory are taken when they are first written. It allocates nothing for a frame.
 */
export class TapeRecorder {
  /** What the ingest worker writes to. */
  readonly plan: TapePlan;
  /** Which frames it has written. */
  readonly frames: TapeFrames;
  /** Frames recorded so far, those included that have made room. */
  recorded = 0;
  readonly #options: TapeRecorderOptions;
  readonly #places: TapePlaces;
  readonly #tape: readonly TapePlace[];
  readonly #luma: Uint8Array;
  readonly #pictures: Uint8Array;
  /** Per thumbnail, the number of its frame. */
  readonly #frameIds: Float64Array;
  readonly #truth: Uint8Array;
  /** A power of two. */
  #stride = 1;
  #count = 0;
  #endId = 0;
  /** Somebody reads what there is: it must stay where it is. */
  #isLent = false;

  constructor(options: TapeRecorderOptions) {
    const { slotCount, side, thumbnailsMax, strideMax } = options;
    const places = new TapePlaces(side);
    const memory = new SharedArrayBuffer(places.sizeBytes(slotCount));
    const { lumaBytes, rgbBytes } = places;
    this.#options = options;
    this.#places = places;
    this.plan = { side, memory };
    this.frames = new TapeFrames(this.plan);
    this.#tape = Array.from({ length: slotCount }, (_, slot) => ({
      luma: new Uint8Array(memory, places.luma(slot), lumaBytes),
      rgb: new Uint8Array(memory, places.rgb(slot), rgbBytes),
    }));
    this.#luma = new Uint8Array(new SharedArrayBuffer(thumbnailsMax * lumaBytes));
    this.#pictures = new Uint8Array(new SharedArrayBuffer(thumbnailsMax * rgbBytes));
    this.#frameIds = new Float64Array(thumbnailsMax);
    this.#truth = new Uint8Array(new SharedArrayBuffer(thumbnailsMax * strideMax));
  }

  /**
   * A frame leaves. One whose thumbnails are not on the tape, because it came before, is left out.
   *
   * @param slot number in the source
   * @param present what the reference model says; null where it failed
   */
  record(slot: number, frameId: number, present: boolean | null): void {
    if (!this.frames.has(slot, frameId)) return;
    if (this.#isFull) {
      if (this.#isLent) return;
      this.#makeRoom();
    }
    if (this.#count % this.#stride === 0) {
      const { luma, rgb } = this.#tape[slot] as TapePlace;
      const place = this.#count / this.#stride;
      this.#luma.set(luma, place * luma.length);
      this.#pictures.set(rgb, place * rgb.length);
      this.#frameIds[place] = frameId;
    }
    this.#truth[this.#count] = present === null ? IGNORED : Number(present);
    this.#count += 1;
    this.#endId = frameId + 1;
    this.recorded += 1;
  }

  /** What there is so far: it stays as it is until `takeBack`. */
  lend(): LabelledFrames {
    const { lumaBytes, rgbBytes } = this.#places;
    const thumbnails = this.#thumbnails;
    this.#isLent = true;
    return {
      count: this.#count,
      truth: this.#truth.subarray(0, this.#count),
      stride: this.#stride,
      luma: this.#luma.subarray(0, thumbnails * lumaBytes),
      pictures: this.#pictures.subarray(0, thumbnails * rgbBytes),
      side: this.#options.side,
      span: { start: this.#frameIds[0] ?? 0, end: this.#endId },
    };
  }

  /** Nobody reads it any more. */
  takeBack(): void {
    this.#isLent = false;
  }

  get #thumbnails(): number {
    return Math.ceil(this.#count / this.#stride);
  }

  /** The next frame would need a thumbnail, and there is no room for it. */
  get #isFull(): boolean {
    return this.#count === this.#options.thumbnailsMax * this.#stride;
  }

  #makeRoom(): void {
    const { thumbnailsMax, strideMax } = this.#options;
    if (2 * this.#stride <= strideMax) {
      for (let place = 1; 2 * place < thumbnailsMax; place += 1) this.#move(2 * place, place, 1);
      this.#stride *= 2;
      return;
    }
    const from = Math.ceil(thumbnailsMax / 2);
    this.#move(from, 0, thumbnailsMax - from);
    this.#truth.copyWithin(0, from * this.#stride, this.#count);
    this.#count -= from * this.#stride;
  }

  /** Moves thumbnails towards the front. */
  #move(from: number, to: number, count: number): void {
    const { lumaBytes, rgbBytes } = this.#places;
    this.#luma.copyWithin(to * lumaBytes, from * lumaBytes, (from + count) * lumaBytes);
    this.#pictures.copyWithin(to * rgbBytes, from * rgbBytes, (from + count) * rgbBytes);
    this.#frameIds.copyWithin(to, from, from + count);
  }
}
