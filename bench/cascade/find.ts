import { join } from "node:path";
import { intervalAgreement, markedIntervals } from "../../src/cascade/intervals.ts";
import { IGNORED } from "../../src/cascade/types.ts";
import { AipError } from "../../src/errors.ts";
import { type FindOptions, type FoundVideo, findInVideos } from "../../src/find/find.ts";
import { INTERVAL_LIMITS } from "../../src/find/intervals.ts";
import { writeSheet } from "../../src/find/sheet.ts";
import { resolveVideos } from "../../src/find/videos.ts";
import { openFootage } from "../../src/learning/footage.ts";
import { labelsFor } from "../../src/learning/imported-labels.ts";
import { clockMs } from "../../src/native/library.ts";
import type { BenchmarkOptions, Comparison } from "../benchmark.ts";
import { compare } from "../comparison.ts";
import { cascadeOf, QUESTION, type RareFootage, REFERENCE } from "./rare-person.ts";
import { percent } from "./rates.ts";

const RECALL_MIN = 0.99;
const PRECISION_MIN = 0.97;

/** Searches all of it, and again with an interruption, which must give the same. */
export async function findRare(
  footage: RareFootage,
  folder: string,
  options: BenchmarkOptions,
): Promise<Comparison> {
  const { quick, progress } = options;
  const cascade = cascadeOf(folder, options);
  const search = async (cache: string, signal: AbortSignal): Promise<FoundVideo> => {
    const request: FindOptions = {
      videos: await resolveVideos([footage.video]),
      cascade,
      model: "demo",
      devices: REFERENCE,
      limits: INTERVAL_LIMITS,
      signal,
      folder: join(folder, cache),
    };
    const [found] = await Array.fromAsync(findInVideos(request));
    if (found === undefined) throw new Error("one video was searched");
    return found;
  };
  progress("aip find");
  const startedMs = clockMs();
  const whole = await search("whole", new AbortController().signal);
  const seconds = (clockMs() - startedMs) / 1000;
  const again = await interruptedSearch(search, seconds);
  const isSame = JSON.stringify(again.intervals) === JSON.stringify(whole.intervals);
  const opened = await openFootage(footage.video);
  const { frames, fps } = opened;
  const truth = await labelsFor(footage.truth, QUESTION, opened);
  const joinFrames = Math.round(INTERVAL_LIMITS.gapS * fps);
  // Who is coming in or going out is there, though such a frame counts for nobody.
  const shown = markedIntervals(
    truth.map((is) => Number(is === 1 || is === IGNORED)),
    { joinFrames },
  ).filter(({ first, last }) => truth.subarray(first, last + 1).includes(1));
  const { recall, precision } = intervalAgreement(whole.intervals, shown);
  const sheet = join(folder, "found.jpg");
  await writeSheet(sheet, [whole], new AbortController().signal);
  return compare({
    title: "aip find person, intervals against ground truth (IoU ≥ .5)",
    unit: "share",
    better: "higher",
    ways: [
      { name: "recall", values: [recall] },
      { name: "recall asked for", values: [RECALL_MIN] },
      { name: "precision", values: [precision] },
      { name: "precision asked for", values: [PRECISION_MIN] },
      { name: "same after an interruption", values: [isSame ? 1 : 0] },
      { name: "all of them", values: [1] },
    ],
    claims: [
      { of: "recall", to: "recall asked for", ...(!quick && { atLeast: 1 }) },
      { of: "precision", to: "precision asked for", ...(!quick && { atLeast: 1 }) },
      { of: "same after an interruption", to: "all of them", atLeast: 1 },
    ],
    notes: [
      `${whole.intervals.length} intervals in ${(frames / fps / 60).toFixed(0)} min of ` +
        `video, ${shown.length} in truth, found in ${seconds.toFixed(1)} s; ` +
        `${percent(whole.levels.inferred / whole.frames)} of the frames went to the reference`,
      `contact sheet: ${sheet}`,
    ],
  });
}

/** Ends a search at half its time, and begins it again. */
async function interruptedSearch(
  search: (cache: string, signal: AbortSignal) => Promise<FoundVideo>,
  seconds: number,
): Promise<FoundVideo> {
  try {
    return await search("interrupted", AbortSignal.timeout(Math.round(500 * seconds)));
  } catch (error) {
    if (!(error instanceof AipError && error.code === "interrupted")) throw error;
    return await search("interrupted", new AbortController().signal);
  }
}
