import { mulberry32 } from "../random.ts";

/** Share of the audits that falls on all frames alike; the rest goes where they tell more. */
const EVEN_SHARE = 0.5;
/** Frames over which the mean uncertainty is known. */
const MEMORY_FRAMES = 2000;

export interface AuditSamplerOptions {
  /** Share of the frames answered early that is audited, 0–1. */
  readonly share: number;
  readonly seed: number;
}

/**
 * Draws which frames answered early are audited, and says with what probability each was drawn.
 *
 * Half of the audits fall on all frames alike, half in proportion to how uncertain the answer was.
 * The proportion is taken from earlier frames alone, so that every frame's probability is fixed
 * before it is drawn: weights of 1 / probability make sums over the audited ones unbiased (Horvitz
 * and Thompson, "A generalization of sampling without replacement from a finite universe", 1952).
 */
export class AuditSampler {
  /** The least probability with which any frame is drawn. */
  readonly probabilityMin: number;
  readonly #share: number;
  readonly #random: () => number;
  #meanUncertainty = 1;
  #seen = 0;

  /** @throws {RangeError} for a share that is none */
  constructor({ share, seed }: AuditSamplerOptions) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`AuditSampler: share ${share}`);
    this.#share = share;
    this.#random = mulberry32(seed);
    this.probabilityMin = EVEN_SHARE * share;
  }

  /**
   * Draws a frame.
   *
   * @param uncertainty how doubtful its answer is, at least 0, in any unit; the same for all frames
   * draws all alike. Default 1
   * @returns the probability with which it was drawn, or 0 where it was not
   */
  draw(uncertainty: number = 1): number {
    const relative = uncertainty / Math.max(this.#meanUncertainty, 1e-9);
    const wanted = this.#share * (EVEN_SHARE + (1 - EVEN_SHARE) * relative);
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
