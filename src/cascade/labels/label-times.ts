import type { Fingerprint } from "../../footage/fingerprint.ts";
import type { ImportedLabels } from "./imported.ts";

/** Labels whose times are off in more of the frames are of other footage. */
const MISFIT_SHARE_MAX = 0.5;
/** Where frames may come at uneven times that nobody knows: so much of its time a frame may be off. */
const UNEVEN_SHARE = 0.05;

/** A label that says another time than its frame has. */
export interface TimeMisfit {
  readonly frame: number;
  /** What the label says, and what the footage says. */
  readonly saidMs: number;
  readonly timeMs: number;
}

/**
 * Whether labels say the times that frames of the footage have, to half a frame. Most footage has
 * frames at even distances, and only where labels do not fit these its own times are asked for.
 *
 * @param timesOf the footage's own times in ms, by frame; null where they are not known
 * @returns null where most labels fit or say no times, else one that does not
 */
export async function timeMisfit(
  labels: Pick<ImportedLabels, "frames" | "timesMs">,
  { fps }: Pick<Fingerprint, "fps">,
  timesOf: () => Promise<Float64Array | null>,
): Promise<TimeMisfit | null> {
  if (fps === 0) return null;
  const even = (frame: number): number => (1000 * frame) / fps;
  const toleranceMs = 500 / fps;
  if (misfitOf(labels, even, () => toleranceMs) === null) return null;
  const times = await timesOf();
  return times === null
    ? misfitOf(labels, even, (timeMs) => toleranceMs + UNEVEN_SHARE * timeMs)
    : misfitOf(
        labels,
        (frame) => times[frame],
        () => toleranceMs,
      );
}

function misfitOf(
  { frames, timesMs }: Pick<ImportedLabels, "frames" | "timesMs">,
  timeOf: (frame: number) => number | undefined,
  toleranceOf: (timeMs: number) => number,
): TimeMisfit | null {
  let compared = 0;
  let misfits = 0;
  let last: TimeMisfit | null = null;
  for (const [index, { frame }] of frames.entries()) {
    const saidMs = timesMs[index] ?? Number.NaN;
    const timeMs = timeOf(frame);
    if (Number.isNaN(saidMs) || timeMs === undefined) continue;
    compared += 1;
    if (Math.abs(saidMs - timeMs) <= toleranceOf(timeMs)) continue;
    misfits += 1;
    last = { frame, saidMs, timeMs };
  }
  return misfits > MISFIT_SHARE_MAX * compared ? last : null;
}
