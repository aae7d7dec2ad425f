import { mulberry32 } from "../random.ts";

/** Frames over which the mean uncertainty is known. */
const MEMORY_FRAMES = 2000;

export interface AuditSamplerOptions {
  /** Share of the frames answered early that is audited, 0–1. */
  readonly share: number;
  /**
   * Share of the audits that goes where answers are doubtful, 0 to below 1; the rest falls on all
   * frames alike. Default 0.
   */
  readonly emphasis?: number;
  readonly seed: number;
}

/**
 * Draws which frames answered early are audited, and says with what probability each was drawn.
 *
 * With an emphasis, a part of the audits goes in proportion to how uncertain answers were. The
 * proportion is taken from earlier frames alone, so that every frame's probability is fixed before
 * it is drawn: weights of 1 / probability make sums over the audited ones unbiased (Horvitz
 * and Thompson, "A generalization of sampling without replacement from a finite universe", 1952).
 */
export class AuditSampler {
  /** The least probability with which any frame is drawn. */
  readonly probabilityMin: number;
  readonly #share: number;
  readonly #emphasis: number;
  readonly #random: () => number;
  #meanUncertainty = 1;
  #seen = 0;

  /** @throws {RangeError} for shares that are none */
  constructor({ share, emphasis = 0, seed }: AuditSamplerOptions) {
    if (!(share >= 0 && share <= 1 && emphasis >= 0 && emphasis < 1)) {
      throw new RangeError(`AuditSampler: share ${share}, emphasis ${emphasis}`);
    }
    this.#share = share;
    this.#emphasis = emphasis;
    this.#random = mulberry32(seed);
    this.probabilityMin = (1 - emphasis) * share;
  }

  /**
   * Draws a frame.
   *
   * @param uncertainty how doubtful its answer is, at least 0, in any unit; only an emphasis looks
   * at it. Default 1
   * @returns the probability with which it was drawn, or 0 where it was not
   */
  draw(uncertainty: number = 1): number {
    const relative = uncertainty / Math.max(this.#meanUncertainty, 1e-9);
    const wanted = this.probabilityMin + this.#emphasis * this.#share * relative;
    const probability = Math.min(1, wanted);
    this.#seen += 1;
    const memory = Math.min(this.#seen, MEMORY_FRAMES);
    this.#meanUncertainty += (uncertainty - this.#meanUncertainty) / memory;
    return this.#random() < probability ? probability : 0;
  }
}

/**
 * How doubtful a specialized answer is: 1 at the threshold it passed, 0 farthest from it.
 *
 * @param score of the network, 0–1
 */
export function scoreUncertainty(score: number, cLow: number, cHigh: number): number {
  if (score < cLow) return score / cLow;
  if (score > cHigh) return (1 - score) / (1 - cHigh);
  return 1;
}
