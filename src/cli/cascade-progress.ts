import type { TrainEvents } from "../learning/train.ts";
import { ProgressSink } from "../sink/progress.ts";
import { NAME_WIDTH } from "./header.ts";

/** Time between two lines about a network that is being trained. */
const TRAINING_MS = 5000;

/** What `aip cascade train` says on stderr while it goes on. */
export function trainProgress(quiet: boolean): TrainEvents & { say(text: string): void } {
  let progress: ProgressSink | null = null;
  let toldMs = 0;
  const say = (text: string): void => {
    if (quiet) return;
    if (progress === null) process.stderr.write(`${text}\n`);
    else progress.print(text);
  };
  return {
    say,
    stage: (stage, text) => {
      progress = null;
      say(`${stage.padEnd(NAME_WIDTH)}${text}`);
    },
    tell: (text) => say(`${"".padEnd(NAME_WIDTH)}${text}`),
    training: (name, { attempt, epoch, epochs, share, loss, validation }) => {
      const isEnd = validation !== null;
      if (!isEnd && performance.now() - toldMs < TRAINING_MS) return;
      toldMs = performance.now();
      const again = attempt > 1 ? `, attempt ${attempt}` : "";
      const reached = isEnd
        ? `AUC ${validation.auc.toFixed(4)}`
        : `${Math.round(100 * share)} % of the epoch`;
      say(
        `${"".padEnd(NAME_WIDTH)}${name}${again}: epoch ${epoch} of ${epochs}, ` +
          `loss ${loss.toFixed(4)}, ${reached}`,
      );
    },
    pass: (frames) => {
      if (quiet) return [];
      progress = new ProgressSink({ frameCount: frames });
      return [progress];
    },
  };
}
