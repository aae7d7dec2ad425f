/** A stretch of frames. */
export interface FrameInterval {
  /** Index of its first frame. */
  readonly first: number;
  /** Index of its last frame. */
  readonly last: number;
}

export interface IntervalOptions {
  /** Gaps up to so many frames do not part two intervals. Default 0. */
  readonly joinFrames?: number;
  /** Intervals of fewer frames are left out, after joining. Default 1. */
  readonly framesMin?: number;
}

/**
 * Stretches of frames that are marked.
 *
 * @param marks 1 where a frame belongs to an interval
 *
 * @example
 * ```ts
 * markedIntervals(Uint8Array.of(0, 1, 1, 0, 1), { joinFrames: 1 }); // [{ first: 1, last: 4 }]
 * ```
 */
export function markedIntervals(marks: Uint8Array, options: IntervalOptions = {}): FrameInterval[] {
  const { joinFrames = 0, framesMin = 1 } = options;
  const found: { first: number; last: number }[] = [];
  for (let frame = 0; frame < marks.length; frame += 1) {
    if (marks[frame] !== 1) continue;
    const open = found.at(-1);
    if (open !== undefined && frame - open.last - 1 <= joinFrames) open.last = frame;
    else found.push({ first: frame, last: frame });
  }
  return found.filter(({ first, last }) => last - first + 1 >= framesMin);
}

/** How well found intervals agree with true ones. */
export interface IntervalAgreement {
  /** Share of the true intervals that were found; 1 where there are none. */
  readonly recall: number;
  /** Share of the found intervals that are true; 1 where there are none. */
  readonly precision: number;
}

/**
 * Matches intervals one to one whose intersection over union reaches `iouMin`. From one half on at
 * most one can match another, so that the order does not matter.
 *
 * @param found in time order, disjoint
 * @param truth in time order, disjoint
 * @param iouMin 0.5–1. Default 0.5
 */
export function intervalAgreement(
  found: readonly FrameInterval[],
  truth: readonly FrameInterval[],
  iouMin: number = 0.5,
): IntervalAgreement {
  let matched = 0;
  let next = 0;
  for (const one of truth) {
    while (next < found.length && (found[next] as FrameInterval).last < one.first) next += 1;
    for (let index = next; index < found.length; index += 1) {
      const other = found[index] as FrameInterval;
      if (other.first > one.last) break;
      if (intersectionOverUnion(one, other) < iouMin) continue;
      matched += 1;
      next = index + 1;
      break;
    }
  }
  return {
    recall: truth.length === 0 ? 1 : matched / truth.length,
    precision: found.length === 0 ? 1 : matched / found.length,
  };
}

function intersectionOverUnion(a: FrameInterval, b: FrameInterval): number {
  const shared = Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1;
  const both = a.last - a.first + 1 + (b.last - b.first + 1);
  return Math.max(0, shared) / (both - Math.max(0, shared));
}
