import type { Span } from "../cascade/spans.ts";
import { mulberry32 } from "../random.ts";

/** Pictures of each kind that a network is trained with at most: more take long and teach little. */
export const TRAINING_MAX = { present: 3000, absent: 6000 } as const;
export const VALIDATION_MAX = { present: 1000, absent: 2000 } as const;

/**
 * Frames of a span to learn from, in order: as many of each kind as there are, up to a limit, drawn
 * evenly where there are more. Ignored frames are none of them.
 *
 * @param truth 1 present, 0 absent, of the whole footage
 * @returns indices of frames
 */
export function sampleFrames(
  truth: Uint8Array,
  { from, to }: Pick<Span, "from" | "to">,
  most: { readonly present: number; readonly absent: number },
  seed: number,
): Uint32Array {
  const random = mulberry32(seed);
  const chosen = ([1, 0] as const).flatMap((is) => {
    const frames: number[] = [];
    for (let frame = from; frame < to; frame += 1) if (truth[frame] === is) frames.push(frame);
    const limit = is === 1 ? most.present : most.absent;
    if (frames.length <= limit) return frames;
    // One out of each of `limit` stretches, so that no part of the time is left out. Stretches begin
    // at whole frames: none is drawn from two of them.
    const begin = (index: number): number => Math.floor((index * frames.length) / limit);
    return Array.from({ length: limit }, (_, index) => {
      const room = begin(index + 1) - begin(index);
      return frames[begin(index) + Math.floor(room * random())] as number;
    });
  });
  return Uint32Array.from(chosen).sort();
}
