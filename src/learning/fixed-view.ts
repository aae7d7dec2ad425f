import { isDemo } from "../footage/fingerprint.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { spreadPictures } from "../footage/spread-pictures.ts";
import { checkFixedCamera, differenceStatistics } from "../footage/statistics.ts";
import { checkFixedView, SpreadViews, viewStatistics } from "../footage/view-statistics.ts";
import type { Footage } from "./footage.ts";

/**
 * Refuses footage of a camera that looks here and there, by a few dozen pictures of it: before the
 * reference model is asked about every frame. Of the whole picture, also where only a part counts.
 *
 * @returns a sentence where it looks elsewhere now and then, else null
 * @throws {AipError} `camera-moves`, `interrupted`
 */
export async function checkSpreadView(
  { source, name, frames, fps }: Footage,
  signal: AbortSignal,
): Promise<string | null> {
  // The demo's camera stands still, and it is no file.
  if (isDemo(source)) return null;
  const luma = await spreadPictures({ path: source, frames, fps, signal });
  return checkFixedView(name, viewStatistics(luma));
}

/** Watches for a camera that moves while its footage is read, and compares no two pictures twice. */
export class WholeView {
  readonly #footage: Pick<Footage, "name" | "fps">;
  readonly #luma: Uint8Array;
  readonly #views: SpreadViews;

  /** @param luma u8 [n, 50, 50] of all frames; what is read late comes late */
  constructor(footage: Pick<Footage, "name" | "fps">, luma: Uint8Array) {
    this.#footage = footage;
    this.#luma = luma;
    this.#views = new SpreadViews(luma);
  }

  /**
   * Refuses the footage by the frames that were read.
   *
   * @param frames so many of the first ones
   * @returns a sentence where it looks elsewhere now and then, else null
   * @throws {AipError} `camera-moves`
   */
  check(frames: number): string | null {
    const { name, fps } = this.#footage;
    const read = this.#luma.subarray(0, frames * LUMA_SIDE ** 2);
    checkFixedCamera(name, differenceStatistics(read, fps));
    return checkFixedView(name, this.#views.upTo(frames));
  }
}
