import type { Question } from "../cascade/types.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import { NetworkScorer } from "../training/network-scorer.ts";
import { type VisitOptions, visitFrames } from "./frame-sink.ts";

/** Thumbnails of a scene at one size. */
export interface Pictures {
  readonly side: number;
  /** u8 [frames, 3, side, side], in the order of the frames asked for. */
  readonly images: Uint8Array;
}

/** What learning reads of footage. */
export interface FootageThumbnails {
  /** Luma thumbnails of every frame, u8 [frames, 50, 50]. */
  readonly luma: Uint8Array;
  /** Colour thumbnails of the frames asked for, one member for each side. */
  readonly pictures: readonly Pictures[];
}

/**
 * Reads the thumbnails that learning needs, in one pass over the footage.
 *
 * @param chosen indices of the frames whose colours are wanted, ascending
 * @throws {AipError} `interrupted`, or where the source cannot be read
 */
export async function readThumbnails(
  options: VisitOptions,
  region: Question["region"],
  chosen: Uint32Array,
  sides: readonly number[],
): Promise<FootageThumbnails> {
  const lumaThumbnails = new Thumbnails({ side: LUMA_SIDE, region });
  const luma = sharedBytes(options.frames * lumaThumbnails.lumaBytes);
  const colours = sides.map((side) => {
    const thumbnails = new Thumbnails({ side, region });
    return { side, thumbnails, images: sharedBytes(chosen.length * thumbnails.rgbBytes) };
  });
  let next = 0;
  await visitFrames(options, (slot, frame) => {
    const bytes = lumaThumbnails.lumaBytes;
    lumaThumbnails.luma(slot, luma.subarray(frame * bytes, (frame + 1) * bytes));
    while ((chosen[next] ?? Number.POSITIVE_INFINITY) < frame) next += 1;
    if (chosen[next] !== frame) return;
    for (const { thumbnails, images } of colours) {
      const size = thumbnails.rgbBytes;
      thumbnails.rgb(slot, images.subarray(next * size, (next + 1) * size));
    }
    next += 1;
  });
  return { luma, pictures: colours.map(({ side, images }) => ({ side, images })) };
}

/** A trained network as scoring needs it. */
export interface ScoredNetwork {
  readonly model: Uint8Array;
  readonly side: number;
}

/**
 * Scores frames of the footage with several networks, in one pass.
 *
 * @param from index of the first frame that is scored; all after it are
 * @returns for each network a probability by frame; 0 before `from`
 * @throws {AipError} `interrupted`, or where the source cannot be read
 */
export async function scoreFrames(
  options: VisitOptions,
  region: Question["region"],
  networks: readonly ScoredNetwork[],
  from: number,
): Promise<Float32Array[]> {
  const scores = networks.map(() => new Float32Array(options.frames));
  const scorers = networks.map(({ model, side }) => ({
    scorer: new NetworkScorer(model, { batchMax: BATCH_SIZE }),
    thumbnails: new Thumbnails({ side, region }),
  }));
  const frames = new Uint32Array(BATCH_SIZE);
  let count = 0;
  const flush = (): void => {
    if (count === 0) return;
    for (const [index, { scorer }] of scorers.entries()) {
      const found = scorer.run(count);
      for (let place = 0; place < count; place += 1) {
        (scores[index] as Float32Array)[frames[place] as number] = found[place] as number;
      }
    }
    count = 0;
  };
  try {
    await visitFrames(options, (slot, frame) => {
      if (frame < from) return;
      for (const { scorer, thumbnails } of scorers) {
        const size = thumbnails.rgbBytes;
        thumbnails.rgb(slot, scorer.pictures.subarray(count * size, (count + 1) * size));
      }
      frames[count] = frame;
      count += 1;
      if (count === BATCH_SIZE) flush();
    });
    flush();
  } finally {
    for (const { scorer } of scorers) scorer.close();
  }
  return scores;
}

const BATCH_SIZE = 16;

function sharedBytes(count: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(count));
}
