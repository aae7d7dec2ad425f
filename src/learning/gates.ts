import { NO_ANCHOR } from "../cascade/replay.ts";
import type { DifferenceLevel } from "../cascade/types.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { Difference } from "../native/difference.ts";

const LUMA_BYTES = LUMA_SIDE * LUMA_SIDE;

/** A difference detector without its threshold. */
export type DetectorKind = Pick<DifferenceLevel, "mode" | "reference" | "blocks">;

/** Thresholds are tried where so many of the differences are below them. */
const QUANTILES = [
  0.05, 0.2, 0.4, 0.6, 0.75, 0.85, 0.9, 0.94, 0.97, 0.985, 0.993, 0.997, 0.999,
] as const;
/** Differences that the quantiles are taken from, at most. */
const SAMPLES_MAX = 4000;
/** Looks a second at the fewest: whoever comes and goes within that is missed. */
const LOOKS_PER_SECOND_MIN = 1;

/** What a frame is after frame skipping and the difference detector, as `Gate` stores it. */
export const REST = 0;
export const ANCHOR = 1;
export const EMPTY = 2;

/**
 * Which frames of a span have an answer of their own: u8 by frame, `REST` has that of the frame
 * before it, `ANCHOR` its own, `EMPTY` that of the empty picture.
 */
export type Gate = Uint8Array;

/** Every how many frames one may be looked at: 1, and steps of about a half up to a second. */
export function skipChoices(fps: number): number[] {
  const most = Math.max(1, Math.floor(fps / LOOKS_PER_SECOND_MIN));
  const choices = [1];
  for (let skip = 2; skip <= most; skip = Math.ceil(skip * 1.5)) choices.push(skip);
  return choices;
}

/**
 * Thresholds worth trying: quantiles of the differences between frames of a second apart at most.
 *
 * @param luma luma thumbnails of a span, u8 [frames, 50, 50]
 */
export function thresholdChoices(luma: Uint8Array, kind: DetectorKind, fps: number): number[] {
  const frames = luma.length / LUMA_BYTES;
  const difference = new Difference({ side: LUMA_SIDE, blocks: kind.blocks });
  const lag = Math.max(1, Math.round(fps / 2));
  const step = Math.max(1, Math.floor((frames - lag) / SAMPLES_MAX));
  const found: number[] = [];
  for (let frame = lag; frame < frames; frame += step) {
    const other = kind.reference ?? lumaOf(luma, frame - (found.length % 2 === 0 ? 1 : lag));
    found.push(difference.of(lumaOf(luma, frame), other));
  }
  found.sort((a, b) => a - b);
  const at = (share: number): number =>
    found[Math.min(found.length - 1, Math.floor(share * found.length))] ?? 0;
  return [...new Set(QUANTILES.map(at))];
}

/**
 * Replays frame skipping and the difference detector over a span.
 *
 * @param luma luma thumbnails of the span, u8 [frames, 50, 50]
 * @param tDiff null for no difference detector
 */
export function gateOf(
  luma: Uint8Array,
  kind: DetectorKind,
  { tSkip, tDiff }: { readonly tSkip: number; readonly tDiff: number | null },
): Gate {
  const frames = luma.length / LUMA_BYTES;
  const gate = new Uint8Array(frames);
  if (tDiff === null) {
    for (let frame = 0; frame < frames; frame += tSkip) gate[frame] = ANCHOR;
    return gate;
  }
  const anchors = new Uint32Array(new SharedArrayBuffer(4 * frames));
  const difference = new Difference({ side: LUMA_SIDE, blocks: kind.blocks });
  difference.replay({ thumbnails: luma, reference: kind.reference, tSkip, tDiff }, anchors);
  for (let frame = 0; frame < frames; frame += 1) {
    if (anchors[frame] === frame) gate[frame] = ANCHOR;
    else if (anchors[frame] === NO_ANCHOR && frame % tSkip === 0) gate[frame] = EMPTY;
  }
  return gate;
}

/** Index of each frame's anchor, `NO_ANCHOR` where the empty picture answers. */
export function anchorsOf(gate: Gate): Uint32Array {
  const anchors = new Uint32Array(gate.length);
  let last = NO_ANCHOR;
  for (let frame = 0; frame < gate.length; frame += 1) {
    if (gate[frame] === ANCHOR) last = frame;
    else if (gate[frame] === EMPTY) last = NO_ANCHOR;
    anchors[frame] = last;
  }
  return anchors;
}

function lumaOf(luma: Uint8Array, frame: number): Uint8Array {
  return luma.subarray(frame * LUMA_BYTES, (frame + 1) * LUMA_BYTES);
}
