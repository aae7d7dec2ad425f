import { figuresText } from "../learning/figures-text.ts";
import { TRAIN_STAGES, type TrainEvents } from "../learning/train-events.ts";
import { formatCount } from "../metrics/number-format.ts";
import { ProgressSink } from "../sink/progress.ts";
import { NAME_WIDTH } from "./header.ts";
import { StageLine, type StageLineOptions } from "./stage-line.ts";

/** A training's log has a line for so much of the labels, as of the other stages. */
const LABELS_STEP = 0.1;

/** What `aip cascade train` says on stderr while it goes on; disposing takes its line away. */
export function trainProgress(
  quiet: boolean,
  options: StageLineOptions = {},
): TrainEvents & Disposable & { say(text: string): void } {
  const { stream = process.stderr } = options;
  let labels: ProgressSink | null = null;
  let line: StageLine | null = null;
  const say = (text: string): void => {
    if (quiet) return;
    const shown = line ?? labels;
    if (shown === null) stream.write(`${text}\n`);
    else shown.print(text);
  };
  const close = (): void => {
    line?.close();
    line = null;
    labels = null;
  };
  return {
    say,
    stage: (stage, text) => {
      close();
      const step = `step ${TRAIN_STAGES.indexOf(stage) + 1} of ${TRAIN_STAGES.length}`;
      say(`${stage.padEnd(NAME_WIDTH)}${text} (${step})`);
      if (!quiet) line = new StageLine(options);
    },
    tell: (text) => say(`${"".padEnd(NAME_WIDTH)}${text}`),
    training: ({ share, networks, done, leftMs, loss, auc }) =>
      line?.update({
        share,
        done: `${done} of ${networks} networks done`,
        // Of those being trained now.
        figures: loss === null ? "" : `mean ${figuresText({ loss, auc })}`,
        leftMs,
        // By early stopping, most networks end before their last epoch.
        atMost: true,
      }),
    read: (frames, of) => {
      const share = of === 0 ? 1 : frames / of;
      const done = `${formatCount(frames)}/${formatCount(of)} frames read`;
      line?.update({ share, done, leftMs: line.leftMs(share) });
    },
    searched: (parts, of) =>
      // They are unequal: how long the rest takes they do not tell.
      line?.update({ share: parts / of, done: `${parts} of ${of} parts`, leftMs: null }),
    pass: (frames) => {
      if (quiet) return [];
      close();
      labels = new ProgressSink({ ...options, frameCount: frames, plainStep: LABELS_STEP });
      return [labels];
    },
    labelling: (frames) => {
      if (labels !== null) labels.frameCount = frames;
    },
    [Symbol.dispose]: close,
  };
}
