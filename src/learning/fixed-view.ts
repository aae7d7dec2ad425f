import { isDemo } from "../footage/fingerprint.ts";
import { spreadPictures } from "../footage/spread-pictures.ts";
import { checkFixedCamera, differenceStatistics } from "../footage/statistics.ts";
import { checkFixedView, viewStatistics } from "../footage/view-statistics.ts";
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

/**
 * Refuses footage of a camera that moves, by all frames that were read.
 *
 * @param luma u8 [n, 50, 50], of successive frames
 * @returns a sentence where it looks elsewhere now and then, else null
 * @throws {AipError} `camera-moves`
 */
export function checkWholeView({ name, fps }: Footage, luma: Uint8Array): string | null {
  checkFixedCamera(name, differenceStatistics(luma, fps));
  return checkFixedView(name, viewStatistics(luma));
}
