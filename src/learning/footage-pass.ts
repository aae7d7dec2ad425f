import type { Question } from "../cascade/types.ts";
import type { FootageBlock } from "../footage/footage-room.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { FootageReader } from "../footage/reader.ts";
import { NetworkScorer } from "../training/network-scorer.ts";

const LUMA_BYTES = LUMA_SIDE * LUMA_SIDE;

export interface PassOptions {
  /** What `openSource` takes. */
  readonly source: string;
  /** Frames of it that are used. */
  readonly frames: number;
  readonly region: Question["region"];
  readonly signal: AbortSignal;
  /** Told now and then how many frames have been read. */
  readonly onProgress: (frames: number) => void;
}

/** A trained network as scoring needs it. */
export interface ScoredNetwork {
  readonly model: Uint8Array;
  readonly side: number;
}

/**
 * The one reading of the footage that a training takes: pictures for the networks from its
 * beginning, then, once these are trained, their scores of all that follows. The decoder waits
 * meanwhile. Of every frame a luma thumbnail stays.
 */
export class FootagePass implements AsyncDisposable {
  /** Luma thumbnails, u8 [frames, 50, 50]; 0 where none has been read yet. */
  readonly luma: Uint8Array;
  readonly #options: PassOptions;
  readonly #reader: FootageReader;

  private constructor(options: PassOptions, reader: FootageReader) {
    this.#options = options;
    this.#reader = reader;
    this.luma = sharedBytes(options.frames * LUMA_BYTES);
  }

  /** @throws {AipError} where the source cannot be opened */
  static async open(options: PassOptions): Promise<FootagePass> {
    const { source: spec, region, frames: end, signal } = options;
    return new FootagePass(options, await FootageReader.open({ spec, region, end, signal }));
  }

  /** Frames read so far. */
  get passed(): number {
    return this.#reader.passed;
  }

  /**
   * Reads on, as far as the frame before `end`, for pictures of some frames.
   *
   * @param chosen numbers of the frames, ascending
   * @returns by side, u8 [chosen, 3, side, side]
   * @throws {AipError} `interrupted`, or where the source cannot be read
   */
  async pictures(
    end: number,
    chosen: Uint32Array,
    sides: readonly number[],
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    const pictures = sides.map((side) => ({
      side,
      images: sharedBytes(chosen.length * 3 * side ** 2),
    }));
    let kept = 0;
    await this.#visit({ end, chosen, sides }, (block) => {
      for (const { side, images } of pictures) {
        images.set(block.colour.get(side) as Uint8Array, kept * 3 * side ** 2);
      }
      kept += block.chosen.length;
    });
    return new Map(pictures.map(({ side, images }) => [side, images]));
  }

  /**
   * Reads the rest, and has several networks score each frame of it.
   *
   * @returns for each network a probability by frame; 0 before
   * @throws {AipError} `interrupted`, or where the source cannot be read
   */
  async scores(networks: readonly ScoredNetwork[]): Promise<Float32Array[]> {
    const { frames: end } = this.#options;
    const sides = [...new Set(networks.map(({ side }) => side))];
    const scored = networks.map(({ model, side }) => ({
      side,
      scorer: new NetworkScorer(model),
      scores: new Float32Array(end),
    }));
    try {
      await this.#visit({ end, sides }, ({ start, count, colour }) => {
        for (const { side, scorer, scores } of scored) {
          scorer.score(colour.get(side) as Uint8Array, count, scores.subarray(start));
        }
      });
    } finally {
      for (const { scorer } of scored) scorer.close();
    }
    return scored.map(({ scores }) => scores);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  async #visit(
    stretch: Parameters<FootageReader["visit"]>[0],
    visitor: (block: FootageBlock) => void,
  ): Promise<void> {
    await this.#reader.visit(stretch, (block) => {
      this.luma.set(block.luma, block.start * LUMA_BYTES);
      visitor(block);
      this.#options.onProgress(block.start + block.count);
    });
  }
}

function sharedBytes(count: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(count));
}
