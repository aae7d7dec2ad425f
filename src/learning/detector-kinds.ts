import { learnBlockWeights } from "../cascade/block-weights.ts";
import { BLOCK_COUNT } from "../cascade/file/document.ts";
import type { Span } from "../cascade/spans.ts";
import { IGNORED } from "../cascade/types.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { blockErrors } from "../native/difference.ts";
import type { DetectorKind } from "./gates.ts";

const LUMA_BYTES = LUMA_SIDE * LUMA_SIDE;
/** Frames that the empty picture is made of at most. */
const EMPTY_FRAMES_MAX = 501;
/** Pairs that block weights are learnt from at most. */
const PAIRS_MAX = 4000;

export interface KindOptions {
  /** Luma thumbnails of the whole footage, u8 [frames, 50, 50]. */
  readonly luma: Uint8Array;
  /** 1 present, 0 absent, `IGNORED`, by frame. */
  readonly truth: Uint8Array;
  /** Where it is learnt from. */
  readonly span: Span;
  readonly fps: number;
}

/**
 * Kinds of difference detector that are tried: against an earlier frame or the empty picture, by
 * the mean squared error or by weighted blocks.
 */
export function detectorKinds(options: KindOptions): readonly DetectorKind[] {
  const reference = emptyPicture(options);
  const plain = { mode: "earlier", reference: null, blocks: null } as const;
  const kinds: readonly DetectorKind[] =
    reference === null ? [plain] : [plain, { mode: "reference", reference, blocks: null }];
  return kinds.flatMap((kind) => {
    const blocks = weightsFor(kind, options);
    return blocks === null ? [kind] : [kind, { ...kind, blocks }];
  });
}

/**
 * Weights of the blocks that tell best whether the answer changes: between frames up to a second
 * apart, or between a frame and the empty picture.
 */
function weightsFor(
  { reference }: DetectorKind,
  { luma, truth, span, fps }: KindOptions,
): DetectorKind["blocks"] {
  const lag = Math.max(1, Math.round(fps));
  const first = span.from + lag;
  const step = Math.max(1, Math.floor((span.to - first) / PAIRS_MAX));
  const errors: number[] = [];
  const changed: number[] = [];
  const row = new Float32Array(new SharedArrayBuffer(4 * BLOCK_COUNT));
  const at = (frame: number): Uint8Array =>
    luma.subarray(frame * LUMA_BYTES, (frame + 1) * LUMA_BYTES);
  for (let frame = first; frame < span.to; frame += step) {
    const earlier = frame - 1 - (changed.length % lag);
    const before = reference === null ? truth[earlier] : 0;
    if (truth[frame] === IGNORED || before === IGNORED) continue;
    blockErrors(at(frame), reference ?? at(earlier), LUMA_SIDE, row);
    errors.push(...row);
    changed.push(Number(truth[frame] !== before));
  }
  return learnBlockWeights({
    errors: Float32Array.from(errors),
    changed: Uint8Array.from(changed),
  });
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
