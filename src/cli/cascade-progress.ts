import type { TrainEvents } from "../learning/train-events.ts";
import { formatCount } from "../metrics/number-format.ts";
import { ProgressSink } from "../sink/progress.ts";
import { NAME_WIDTH } from "./header.ts";

/** Time between two lines about what takes long. */
const LINE_MS = 5000;

/** What `aip cascade train` says on stderr while it goes on. */
export function trainProgress(quiet: boolean): TrainEvents & { say(text: string): void } {
  let progress: ProgressSink | null = null;
  let toldMs = 0;
  /** Whether it is time for another line. */
  const isDue = (): boolean => {
    if (performance.now() - toldMs < LINE_MS) return false;
    toldMs = performance.now();
    return true;
  };
  const say = (text: string): void => {
    if (quiet) return;
    if (progress === null) process.stderr.write(`${text}\n`);
    else progress.print(text);
  };
  return {
    say,
    stage: (stage, text) => {
      progress = null;
      toldMs = performance.now();
      say(`${stage.padEnd(NAME_WIDTH)}${text}`);
    },
    tell: (text) => say(`${"".padEnd(NAME_WIDTH)}${text}`),
    training: (name, { attempt, epoch, epochs, share, loss, validation }) => {
      const isEnd = validation !== null;
      if (!isDue() && !isEnd) return;
      const again = attempt > 1 ? `, attempt ${attempt}` : "";
      const reached = isEnd
        ? `AUC ${validation.auc.toFixed(4)}`
        : `${Math.round(100 * share)} % of the epoch`;
      say(
        `${"".padEnd(NAME_WIDTH)}${name}${again}: epoch ${epoch} of ${epochs}, ` +
          `loss ${loss.toFixed(4)}, ${reached}`,
      );
    },
    read: (frames, of) => {
      if (!isDue()) return;
      say(`${"".padEnd(NAME_WIDTH)}${formatCount(frames)}/${formatCount(of)} frames read`);
    },
    pass: (frames) => {
      if (quiet) return [];
      progress = new ProgressSink({ frameCount: frames });
      return [progress];
    },
  };
}
