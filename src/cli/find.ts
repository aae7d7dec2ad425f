import { realpath } from "node:fs/promises";
import { loadCascade } from "../cascade/file/load.ts";
import { writeClip } from "../find/clips.ts";
import { type FoundVideo, findInVideos } from "../find/find.ts";
import { SHEET_TILES_MAX, type SheetVideo, writeSheet } from "../find/sheet.ts";
import { VideoProbes } from "../find/video-probes.ts";
import { resolveVideos } from "../find/videos.ts";
import { formatCountOf } from "../metrics/number-format.ts";
import { clockMs } from "../native/library.ts";
import { findEncoder } from "../sink/encoder.ts";
import { ProgressSink } from "../sink/progress.ts";
import { ExitCode } from "./exit-code.ts";
import { checkAsked, checkSheet, type FindRequest, modelFor } from "./find-options.ts";
import { formatFound, formatSummary, foundToJson } from "./find-text.ts";
import { printOut } from "./print-out.ts";
import { onSignals } from "./signals.ts";

/**
 * Searches videos for people: intervals on stdout as each video is done, progress on stderr, clips
 * and a contact sheet where asked for.
 *
 * @returns the exit code
 * @throws {AipError} `interrupted`, and whatever a search throws
 */
export async function runFind(request: FindRequest): Promise<number> {
  const cascade = await loadCascade(request.cascade);
  checkAsked(request.classes, cascade, request.cascade);
  const model = modelFor(request.model, cascade);
  checkSheet(request, model);
  const encoder = request.clips === undefined ? null : await findEncoder();
  const abort = new AbortController();
  let shown: ProgressSink | null = null;
  const say = (text: string): void => {
    if (request.quiet) return;
    if (shown === null) process.stderr.write(`${text}\n`);
    else shown.print(text);
  };
  using _signals = onSignals((name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    say(`${name}: finishing what is under way; once more ends at once`);
    abort.abort();
  });
  const videos = await resolveVideos(request.videos);
  const probes = new VideoProbes();
  const searched = new Set<string>();
  if (request.clips !== undefined) {
    for (const { path } of videos) searched.add(await realpath(path));
  }
  let startedMs = clockMs();
  for await (const found of findInVideos({
    ...request,
    videos,
    model,
    probes,
    signal: abort.signal,
    tell: say,
    conclude: async (all) => {
      const { sheet } = request;
      if (sheet !== undefined) await makeSheet(sheet, all, { say, probes, signal: abort.signal });
    },
    ...(!request.quiet && {
      progress: (video: string) => {
        say(`searching ${video}`);
        shown = new ProgressSink();
        return shown;
      },
    }),
  })) {
    const clips: string[] = [];
    if (request.clips !== undefined && encoder !== null && found.intervals.length > 0) {
      const source = await withStart(found, { probes, signal: abort.signal });
      const options = { encoder, signal: abort.signal, searched };
      for (const interval of found.intervals) {
        clips.push(await writeClip(request.clips, source, interval, options));
      }
    }
    printOut(request.json ? foundToJson(found, clips) : formatFound(found));
    say(formatSummary(found, (clockMs() - startedMs) / 1000));
    startedMs = clockMs();
    if (clips.length > 0) say(`${formatCountOf(clips.length, "clip")} in ${request.clips}`);
  }
  return ExitCode.done;
}

/** What telling of several videos takes. */
interface Telling {
  readonly say: (text: string) => void;
  readonly probes: VideoProbes;
  readonly signal: AbortSignal;
}

async function makeSheet(
  path: string,
  videos: readonly FoundVideo[],
  { say, probes, signal }: Telling,
): Promise<void> {
  const total = videos.reduce((sum, { intervals }) => sum + intervals.length, 0);
  if (total === 0) {
    say(`no contact sheet: there is nothing to show`);
    return;
  }
  const shown: SheetVideo[] = [];
  for (const video of videos) {
    if (video.intervals.length > 0) shown.push(await withStart(video, { probes, signal }));
  }
  const count = await writeSheet(path, shown, signal);
  const rest = total > count ? `, the first ${SHEET_TILES_MAX} of ${total}` : "";
  say(`saved ${path}: ${formatCountOf(count, "picture")}${rest}`);
}

/** Answers count times from the first frame, ffmpeg from the file's start: sound may begin earlier. */
async function withStart(
  video: FoundVideo,
  { probes, signal }: Pick<Telling, "probes" | "signal">,
): Promise<FoundVideo & { readonly startMs: number }> {
  const { startMs = 0 } = await probes.of(video.path, signal);
  return { ...video, startMs };
}
