import { clockText } from "../find/clock-text.ts";
import type { FoundVideo } from "../find/find.ts";
import type { Interval } from "../find/intervals.ts";
import { formatCountOf, formatSeconds } from "../metrics/number-format.ts";

/**
 * A video's intervals, one a line, for people and for `cut`:
 *
 * ```text
 * door.mp4   0:00:12.4 - 0:00:18.0   5.6 s
 * ```
 */
export function formatFound({ path, intervals }: FoundVideo): string {
  return intervals
    .map(
      (interval) =>
        `${path}   ${clockText(interval.startMs)} - ${clockText(interval.endMs)}   ` +
        `${((interval.endMs - interval.startMs) / 1000).toFixed(1)} s\n`,
    )
    .join("");
}

/** What a search of a video came to, in a line. @param seconds it took this time */
export function formatSummary(found: FoundVideo, seconds: number): string {
  const { path, intervals, frames, fps, levels, unanswered } = found;
  const lasted = formatSeconds(frames / fps);
  const shown = intervals.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const lost = unanswered === 0 ? "" : `, ${formatCountOf(unanswered, "frame")} without an answer`;
  return (
    `${path}: ${formatCountOf(intervals.length, "interval")}, ${formatSeconds(shown / 1000)} of ${lasted}; ` +
    `${formatCountOf(levels.inferred, "frame")} of ${frames} went to the reference model; took ${formatSeconds(seconds)}${lost}`
  );
}

/** One JSON object for a video, in one line. */
export function foundToJson(found: FoundVideo, clips: readonly string[]): string {
  const { path, name, size, frames, fps, intervals, unanswered, levels } = found;
  return `${JSON.stringify({
    video: path,
    name,
    ...size,
    frames,
    fps: Number(fps.toFixed(3)),
    unanswered,
    answers: levels,
    intervals: intervals.map((interval, index) => intervalToJson(interval, clips[index])),
  })}\n`;
}

function intervalToJson({ first, last, startMs, endMs }: Interval, clip: string | undefined) {
  return {
    start_ms: startMs,
    end_ms: endMs,
    first_frame: first,
    last_frame: last,
    ...(clip !== undefined && { clip }),
  };
}
