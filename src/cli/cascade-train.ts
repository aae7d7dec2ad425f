import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Factor } from "../learning/choice.ts";
import { isLive } from "../learning/footage.ts";
import { recordCamera } from "../learning/record.ts";
import { trainCascade } from "../learning/train.ts";
import { formatPercent, formatRate, formatSeconds } from "../metrics/number-format.ts";
import type { TrainRequest } from "./cascade-options.ts";
import { trainProgress } from "./cascade-progress.ts";
import { formatCascade } from "./cascade-text.ts";
import { ExitCode } from "./exit-code.ts";
import { NAME_WIDTH } from "./header.ts";
import { printOut } from "./print-out.ts";
import { onSignals } from "./signals.ts";

/** Watched of a camera where nothing is said. */
const WATCH_SECONDS = 3600;

/**
 * Trains a cascade for people: progress on stderr, what came of it on stdout.
 * @returns the exit code
 * @throws {AipError} whatever training throws
 */
export async function runTraining(request: TrainRequest): Promise<number> {
  const events = trainProgress(request.quiet);
  const abort = new AbortController();
  using _signals = onSignals((name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    events.say(`${name}: keeping what is done; once more ends at once`);
    abort.abort();
  });
  const live = await isLive(request.camera);
  const folder = live ? await mkdtemp(join(tmpdir(), "aip-camera-")) : null;
  try {
    const source =
      folder === null ? request.camera : await watch(request, folder, events, abort.signal);
    const { cascade, factors } = await trainCascade({
      ...request,
      source,
      limits: live ? {} : { seconds: request.seconds, frames: request.frames },
      signal: abort.signal,
      events,
    });
    printOut(formatCascade(request.output, cascade));
    printOut(formatFactors(factors));
    return ExitCode.done;
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

/** Records a camera, whose frames come but once. */
async function watch(
  { camera, seconds = WATCH_SECONDS, frames }: TrainRequest,
  folder: string,
  events: ReturnType<typeof trainProgress>,
  signal: AbortSignal,
): Promise<string> {
  const path = join(folder, "camera.mp4");
  const what = frames === undefined ? formatSeconds(seconds) : `${frames} frames`;
  events.say(`${"watching".padEnd(NAME_WIDTH)}${camera}, ${what}`);
  await recordCamera({ camera, path, seconds, frames, signal });
  return path;
}

/** What each level saves alone, and all together: a table of the search that chose. */
export function formatFactors(factors: readonly Factor[]): string {
  const rows = factors.map(({ name, tuned }) => {
    const { cost, levels, frames } = tuned.heldOut;
    const inferred = formatPercent(levels.inferred / Math.max(1, frames));
    return `${"".padEnd(NAME_WIDTH)}${name.padEnd(24)}${formatRate(cost.fps).padStart(9)}${inferred.padStart(14)}`;
  });
  const head = `${"factors".padEnd(NAME_WIDTH)}${"levels".padEnd(24)}${"frames/s".padStart(9)}${"to reference".padStart(14)}`;
  return `${[head, ...rows].join("\n")}\n`;
}
