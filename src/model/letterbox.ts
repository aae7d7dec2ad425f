import type { PictureSize } from "../types.ts";
import type { InputSpec } from "./preprocess.ts";

/**
 * Size of a picture inside a model's input, in the input's pixels.
 *
 * The steps are those of the pre-processing kernel, in double precision, and so those of YOLOX
 * (`⌊side · r⌋`) and Ultralytics (rounded, halves to even): 432 · (416 / 768) gives 233 rows.
 *
 * @example
 * ```ts
 * letterboxSize({ width: 416, height: 416, letterbox: "top-left" }, { width: 768, height: 432 });
 * // { width: 416, height: 233 }
 * ```
 */
export function letterboxSize(
  input: Pick<InputSpec, "width" | "height" | "letterbox">,
  picture: PictureSize,
): PictureSize {
  const { width, height, letterbox } = input;
  if (letterbox === "stretch") return { width, height };
  const ratio = Math.min(width / picture.width, height / picture.height);
  const round = letterbox === "centre" ? roundHalfToEven : Math.floor;
  return {
    width: within(round(picture.width * ratio), width),
    height: within(round(picture.height * ratio), height),
  };
}

/** C's `rint` and Python's `round`. */
function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function within(side: number, limit: number): number {
  return Math.max(1, Math.min(side, limit));
}
