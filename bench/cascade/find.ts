import { join } from "node:path";
import { intervalAgreement, markedIntervals } from "../../src/cascade/intervals.ts";
import { IGNORED } from "../../src/cascade/types.ts";
import { AipError } from "../../src/errors.ts";
import { type FindOptions, type FoundVideo, findInVideos } from "../../src/find/find.ts";
import { INTERVAL_LIMITS } from "../../src/find/intervals.ts";
import { writeSheet } from "../../src/find/sheet.ts";
import { openFootage } from "../../src/learning/footage.ts";
import { labelsFor } from "../../src/learning/imported-labels.ts";
import { clockMs } from "../../src/native/library.ts";
import type { BenchmarkOptions, Comparison } from "../benchmark.ts";
import { compare } from "../comparison.ts";
import { QUESTION, type RareFootage, REFERENCE } from "./rare-person.ts";
import { percent } from "./rates.ts";

const RECALL_MIN = 0.99;
const PRECISION_MIN = 0.97;

/** Searches the rest whole, and again with an interruption, which must give the same. */
export async function findRare(
  footage: RareFootage,
  folder: string,
  { quick, progress }: BenchmarkOptions,
): Promise<Comparison> {
  const cascade = join(folder, quick ? "quick.aip" : "rare.aip");
  const search = async (cache: string, signal: AbortSignal): Promise<FoundVideo> => {
    const options: FindOptions = {
      videos: [footage.rest],
      cascade,
      model: "demo",
      devices: REFERENCE,
      limits: INTERVAL_LIMITS,
      signal,
      folder: join(folder, cache),
    };
    const [found] = await Array.fromAsync(findInVideos(options));
    if (found === undefined) throw new Error("one video was searched");
    return found;
  };
  progress("aip find");
  const startedMs = clockMs();
  const whole = await search("whole", new AbortController().signal);
  const seconds = (clockMs() - startedMs) / 1000;
  const again = await interruptedSearch(search, seconds);
  const isSame = JSON.stringify(again.intervals) === JSON.stringify(whole.intervals);
  const rest = await openFootage(footage.rest);
  const truth = await labelsFor(footage.restTruth, QUESTION, rest);
  const joinFrames = Math.round(INTERVAL_LIMITS.gapS * rest.fps);
  // Who is coming in or going out is there, though such a frame counts for nobody.
  const shown = markedIntervals(
    truth.map((is) => Number(is === 1 || is === IGNORED)),
    { joinFrames },
  ).filter(({ first, last }) => truth.subarray(first, last + 1).includes(1));
  const { recall, precision } = intervalAgreement(whole.intervals, shown);
  const sheet = join(folder, "found.jpg");
  await writeSheet(sheet, [whole]);
  return compare({
    title: "aip find person, intervals against ground truth (IoU ≥ .5)",
    unit: "share",
    better: "higher",
    ways: [
      { name: "recall", values: [recall] },
      { name: "recall asked for", values: [RECALL_MIN] },
      { name: "precision", values: [precision] },
      { name: "precision asked for", values: [PRECISION_MIN] },
    ],
    claims: [
      { of: "recall", to: "recall asked for", ...(!quick && { atLeast: 1 }) },
      { of: "precision", to: "precision asked for", ...(!quick && { atLeast: 1 }) },
    ],
    notes: [
      `${whole.intervals.length} intervals in ${(rest.frames / rest.fps / 60).toFixed(0)} min of ` +
        `video, ${shown.length} in truth, found in ${seconds.toFixed(1)} s; ` +
        `${percent(whole.levels.inferred / whole.frames)} of the frames went to the reference`,
      `interrupted and resumed: ${isSame ? "the same intervals" : "OTHER intervals"}`,
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
