import { LUMA_SIDE } from "../cascade/file/document.ts";
import type { Span } from "../cascade/spans.ts";
import type { DetectorKind } from "./gates.ts";

const LUMA_BYTES = LUMA_SIDE * LUMA_SIDE;
/** Frames that the empty picture is made of at most. */
const EMPTY_FRAMES_MAX = 501;

export interface KindOptions {
  /** Luma thumbnails of the whole footage, u8 [frames, 50, 50]. */
  readonly luma: Uint8Array;
  /** 1 present, 0 absent, `IGNORED`, by frame. */
  readonly truth: Uint8Array;
  /** Where it is learnt from. */
  readonly span: Span;
  readonly fps: number;
}

/** Kinds of difference detector that are tried. */
export function detectorKinds(options: KindOptions): readonly DetectorKind[] {
  const reference = emptyPicture(options);
  return [
    { mode: "earlier", reference: null, blocks: null },
    ...(reference === null ? [] : [{ mode: "reference", reference, blocks: null } as const]),
  ];
}

/**
 * The scene without the object: the median of each pixel over frames that do not show it, which
 * whatever else passes by leaves no trace in. Null where there are no such frames.
 */
export function emptyPicture({ luma, truth, span }: KindOptions): Uint8Array | null {
  const absent: number[] = [];
  for (let frame = span.from; frame < span.to; frame += 1) {
    if (truth[frame] === 0) absent.push(frame);
  }
  if (absent.length === 0) return null;
  const count = Math.min(EMPTY_FRAMES_MAX, absent.length);
  const frames = Array.from(
    { length: count },
    (_, index) => absent[Math.floor((index * absent.length) / count)] as number,
  );
  const picture = new Uint8Array(new SharedArrayBuffer(LUMA_BYTES));
  const values = new Uint8Array(count);
  for (let pixel = 0; pixel < LUMA_BYTES; pixel += 1) {
    for (const [index, frame] of frames.entries()) {
      values[index] = luma[frame * LUMA_BYTES + pixel] as number;
    }
    values.sort();
    picture[pixel] = values[Math.floor(count / 2)] as number;
  }
  return picture;
}
