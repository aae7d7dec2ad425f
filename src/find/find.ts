import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { loadCascade } from "../cascade/file/load.ts";
import { type AipError, runtimeError } from "../errors.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { confirmed, type RunCascade, runCascadeOf } from "../pipeline/run-cascade.ts";
import { makeFolder } from "../sink/make-folder.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameAnswer, PictureSize } from "../types.ts";
import { readAnswers } from "./answers.ts";
import { type Interval, type IntervalLimits, timeIntervals } from "./intervals.ts";
import { lockSearches, type SearchFiles } from "./search-lock.ts";
import type { Sighting } from "./sightings.ts";
import type { VideoProbes } from "./video-probes.ts";
import { checkVideos, type Video } from "./videos.ts";
import { cutToAnchor, doneFilePath, workFilePath } from "./work-file.ts";

export interface FindOptions {
  /** As `resolveVideos` finds them. */
  readonly videos: readonly Video[];
  /** Folder of the cascade. */
  readonly cascade: string;
  /** The cascade's reference model, as `--model` takes it. */
  readonly model: string;
  readonly devices: string;
  readonly limits: IntervalLimits;
  /** Keeps what is asked about videos. Default: nobody else wants to know. */
  readonly probes?: VideoProbes;
  /** Ends the search; what was answered is kept, and the next one goes on with it. */
  readonly signal: AbortSignal;
  /** For a video's progress line; asked once for each, with its path. */
  readonly progress?: (video: string) => Sink & { frameCount: number | undefined };
  readonly tell?: (text: string) => void;
  /** Makes something of all videos together; answers are kept until it is there. */
  readonly conclude?: (videos: readonly FoundVideo[]) => Promise<void>;
  /** Folder of the cache; default aip's own. */
  readonly folder?: string;
}

/** When a video shows the object, and how that looks. */
export interface FoundInterval extends Interval {
  /** The most certain one; null where the reference model looked at none of its frames. */
  readonly sighting: Sighting | null;
}

/** What was found in one video. */
export interface FoundVideo {
  readonly path: string;
  /** Its name without folder and ending; unique among those searched. */
  readonly name: string;
  readonly size: PictureSize;
  readonly frames: number;
  readonly fps: number;
  readonly intervals: readonly FoundInterval[];
  /** Frames without an answer. */
  readonly unanswered: number;
  /** Frames each level answered. */
  readonly levels: Readonly<Record<FrameAnswer, number>>;
}

/**
 * Looks through stored videos, one after the other, and says when each of them shows what the
 * cascade was trained for. Answers are kept as they come, so that an interrupted search goes on
 * where it was, and gives what it would have given; they go when all videos are done and the caller
 * has made of them what it wants. Until then nobody else can search these videos with this cascade.
 *
 * All of them are looked at before anything is searched or written.
 *
 * @throws {AipError} `interrupted`; what a run with that cascade throws; `search-in-use`
 * where another search of one of them is under way
 */
export async function* findInVideos(options: FindOptions): AsyncGenerator<FoundVideo> {
  const { folder, signal } = options;
  const file = await loadCascade(options.cascade);
  // One false alarm of a hundred frames would be many intervals; what is found is rare.
  const cascade = confirmed(runCascadeOf(options.cascade, file));
  const searches: Search[] = [];
  for (const video of options.videos) {
    const work = await workFilePath({ video: video.path, cascade: options.cascade }, folder);
    searches.push({ ...video, work, done: doneFilePath(work) });
  }
  // Before anything is written. What an earlier search has answered was looked at by that one.
  const waiting = searches.filter(({ done }) => !existsSync(done));
  if (waiting.length > 1) options.tell?.(`looking at ${waiting.length} videos`);
  await checkVideos(
    waiting.map(({ path }) => path),
    file,
    signal,
    options.probes,
  );
  for (const { work } of searches) await makeFolder(dirname(work));
  using _locks = lockSearches(searches);
  const all: FoundVideo[] = [];
  for (const search of searches) {
    const found = await findInVideo(search, cascade, options);
    all.push(found);
    yield found;
  }
  await options.conclude?.(all);
  for (const { done } of searches) await rm(done, { force: true });
}

/** A video, and where its answers stand until all have come, and from then on. */
interface Search extends Video, SearchFiles {
  readonly done: string;
}

async function findInVideo(
  search: Search,
  cascade: RunCascade,
  options: FindOptions,
): Promise<FoundVideo> {
  const { path, name, work, done } = search;
  if (!existsSync(done)) {
    await cutToAnchor(work);
    await answerVideo(search, cascade, options);
    await rename(work, done);
  }
  const answers = await readAnswers(done, cascade.question);
  const { size, frames, fps, unanswered, levels, sightings } = answers;
  const intervals = timeIntervals(answers, options.limits).map((interval) => ({
    ...interval,
    sighting: sightings.bestIn(interval),
  }));
  return { path, name, size, frames, fps, intervals, unanswered, levels };
}

/** Runs the cascade over what is left of a video. */
async function answerVideo(
  { path, work }: Search,
  cascade: RunCascade,
  options: FindOptions,
): Promise<void> {
  const { model, devices, signal } = options;
  if (signal.aborted) throw interrupted(path);
  const progress = options.progress?.(path);
  const pipeline = new Pipeline({
    sources: path,
    cascade,
    model,
    devices,
    // Stored video is searched once: nobody waits for a drift to be found, and frames that are passed
    // over need not leave the decoder.
    audit: 0,
    output: work,
    resume: true,
    signal,
    sinks: progress === undefined ? [] : [progress],
  });
  pipeline.events.once("prepared", ({ frameCount }) => {
    if (progress !== undefined) progress.frameCount = frameCount;
  });
  pipeline.events.on("note", (text) => options.tell?.(text));
  const report = await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  if (report.end === "interrupted") throw interrupted(path);
}

function interrupted(path: string): AipError {
  const message = `Interrupted while "${path}" was searched: the same command goes on from there`;
  return runtimeError("interrupted", message);
}
