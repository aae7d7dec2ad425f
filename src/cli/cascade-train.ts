import { usageError } from "../errors.ts";
import { type FootageLimits, isLive } from "../learning/footage.ts";
import { checkTraining, trainCascade } from "../learning/train.ts";
import { formatSeconds } from "../metrics/number-format.ts";
import { withRecording } from "./camera-recording.ts";
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
  using events = trainProgress(request.quiet);
  const abort = new AbortController();
  using _signals = onSignals((name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    events.say(`${name}: keeping what is done; once more ends at once`);
    abort.abort();
  });
  const train = async (source: string, limits: FootageLimits): Promise<void> => {
    const options = { ...request, source, limits, signal: abort.signal, events };
    const { cascade } = await trainCascade(options);
    printOut(formatCascade(request.output, cascade));
  };
  const { camera, seconds = WATCH_SECONDS, frames } = request;
  if (await isLive(camera)) {
    // Before it is watched for an hour.
    await checkTraining(request);
    checkNoLabels(request);
    const what = frames === undefined ? formatSeconds(seconds) : `${frames} frames`;
    events.say(`${"watching".padEnd(NAME_WIDTH)}${camera}, ${what}`);
    const watched = { camera, seconds, frames, signal: abort.signal };
    await withRecording(watched, (recording) => train(recording, {}));
  } else {
    await train(camera, { seconds: request.seconds, frames });
  }
  return ExitCode.done;
}

/** What a camera is about to show has no labels yet. */
function checkNoLabels({ camera, labels }: TrainRequest): void {
  if (labels === undefined) return;
  const message = `--labels are of stored footage, and "${camera}" is live: train on its recording`;
  throw usageError("flag-invalid", message);
}
