import { Detection } from "./layout.gen.ts";

/**
 * Where the fields of detection records lie in a view of 32-bit words, such as a frame's
 * `detectionsF32` and `detectionsI32`: field `X1` of record `i` is at `i * WORDS + X1`.
 */
export const WORDS: number = Detection.sizeBytes / 4;
export const X1: number = Detection.x1 / 4;
export const Y1: number = Detection.y1 / 4;
export const X2: number = Detection.x2 / 4;
export const Y2: number = Detection.y2 / 4;
export const CONFIDENCE: number = Detection.confidence / 4;
export const CLASS_ID: number = Detection.classId / 4;
export const TRACK_ID: number = Detection.trackId / 4;
