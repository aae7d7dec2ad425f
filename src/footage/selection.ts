import { usageError } from "../errors.ts";

/** Frames of a piece of footage: a stretch of them, or chosen ones in ascending order. */
export type FrameSelection =
  | { readonly start: number; readonly end: number }
  | { readonly frames: Uint32Array };

/** Number of frames selected. */
export function countOf(selection: FrameSelection): number {
  if ("frames" in selection) return selection.frames.length;
  return Math.max(0, selection.end - selection.start);
}

/** The frame after the last one selected. */
export function endOf(selection: FrameSelection): number {
  if (!("frames" in selection)) return selection.end;
  return (selection.frames.at(-1) ?? -1) + 1;
}

/**
 * Refuses a selection of nothing, or one that is not in order.
 * @throws {RangeError} out of order
 * @throws {AipError} `footage-empty`
 */
export function checkSelection(selection: FrameSelection): void {
  if (countOf(selection) === 0) throw usageError("footage-empty", "No frames are selected");
  if (!("frames" in selection)) return;
  const { frames } = selection;
  for (let index = 1; index < frames.length; index += 1) {
    if ((frames[index] as number) > (frames[index - 1] as number)) continue;
    throw new RangeError("frames must be selected in ascending order, each once");
  }
}
