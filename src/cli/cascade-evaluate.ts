import type { ErrorBound } from "../cascade/bounds.ts";
import { checkCamera, checkReference } from "../cascade/file/fit.ts";
import { loadCascade } from "../cascade/file/load.ts";
import { checkRunConfig } from "../config/schema.ts";
import { usageError } from "../errors.ts";
import {
  type Agreement,
  agreementWith,
  type CascadeRun,
  runCascade,
} from "../learning/evaluate.ts";
import { type Footage, openFootage } from "../learning/footage.ts";
import { labelsFor } from "../learning/imported-labels.ts";
import { referenceOf } from "../learning/reference.ts";
import { referenceLabels } from "../learning/reference-labels.ts";
import { formatCount, formatRate } from "../metrics/number-format.ts";
import { ProgressSink } from "../sink/progress.ts";
import type { CommandInput } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { modelFor } from "./find-options.ts";
import { NAME_WIDTH } from "./header.ts";
import { readLabelsFrom } from "./labels-from.ts";
import { printOut } from "./print-out.ts";
import { onSignals } from "./signals.ts";

/**
 * Runs a cascade over a video and compares with labels, ground truth, or the reference model.
 * @returns the exit code
 * @throws {AipError} where the video does not fit the cascade, or the labels not the video
 */
export async function runEvaluation({ flags, operands }: CommandInput): Promise<number> {
  const text = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
  const [file, video, extra] = operands;
  if (file === undefined || video === undefined) {
    const message = "Nothing to evaluate: write aip cascade evaluate FILE VIDEO";
    throw usageError("operand-missing", message);
  }
  if (extra !== undefined) {
    throw usageError("operand-unknown", `Unexpected "${extra}": one video at a time`);
  }
  const [labels, truth] = [text("labels"), text("truth")];
  if (labels !== undefined && truth !== undefined) {
    throw usageError("flag-invalid", "--labels and --truth both say what is right: give one");
  }
  const stated = labels ?? truth;
  const firstNumber = readLabelsFrom(text("labels-from"), stated);
  const given = { devices: text("device"), model: text("model") };
  const checked = checkRunConfig(given, (key) => (key === "devices" ? "--device" : `--${key}`));
  const devices = (checked.devices ?? ["auto"]).join(",");
  const cascade = await loadCascade(file);
  const model = modelFor(checked.model, cascade);
  const quiet = flags["quiet"] === true;
  const abort = new AbortController();
  using _signals = onSignals((_, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    abort.abort();
  });
  const footage = await openFootage(video);
  // Before the reference model is asked about every frame.
  checkCamera(cascade, footage.name, footage.geometry);
  checkReference(cascade, referenceOf(model, devices, cascade.question).reference);
  const sinks = () => (quiet ? [] : [new ProgressSink({ frameCount: footage.frames })]);
  const common = { model, devices, signal: abort.signal };
  const tell = (line: string): void => {
    if (!quiet) process.stderr.write(`${row("labels", line)}\n`);
  };
  const right =
    stated === undefined
      ? await referenceLabels({
          ...common,
          source: video,
          frames: footage.frames,
          fingerprint: footage.fingerprint,
          question: cascade.question,
          modelHash: cascade.reference.sha256,
          sinks: sinks(),
          tell: () => undefined,
        })
      : await labelsFor(stated, cascade.question, footage, { firstNumber, tell });
  const run = await runCascade({ ...common, cascade: file, video, sinks: sinks() });
  const agreement = agreementWith(run, right, footage.fps);
  const against = truth ?? labels ?? `the reference model ${cascade.reference.name}`;
  const { footage: learnt } = cascade.provenance;
  const isLearnt = learnt.fingerprint === footage.fingerprint.id;
  printOut(
    flags["json"] === true
      ? evaluationToJson(against, run, agreement, isLearnt)
      : formatEvaluation(against, footage, run, agreement, isLearnt),
  );
  return ExitCode.done;
}

/** What came of it, for people. */
export function formatEvaluation(
  against: string,
  footage: Footage,
  run: CascadeRun,
  agreement: Agreement,
  isLearnt: boolean,
): string {
  const { falseNegatives, falsePositives, intervals, frames, judged } = agreement;
  const { reused, specialized, inferred } = run.levels;
  const share = (count: number): string => percent(count / Math.max(1, frames));
  return [
    row("against", against),
    row("frames", `${formatCount(frames)} of ${footage.name}`),
    ...(judged < frames ? [row("", unjudgedText(agreement))] : []),
    row(
      "answers",
      `${share(reused)} reused   ${share(specialized)} specialized   ${share(inferred)} inferred`,
    ),
    row("errors", `false negatives ${errorText(falseNegatives)}`),
    row("", `false positives ${errorText(falsePositives)}`),
    row("", windowsText(agreement)),
    row(
      "appearances",
      `recall ${percent(intervals.recall)}   precision ${percent(intervals.precision)}`,
    ),
    row("speed", `${formatRate(run.report.throughput_fps)} frames/s, decoding included`),
    ...(isLearnt
      ? [
          row(
            "note",
            "the cascade was trained and tuned on a part of this: on other footage it may err more",
          ),
        ]
      : []),
    "",
  ].join("\n");
}

/** Answers are of all frames, errors, windows and appearances of those that were judged. */
function unjudgedText({ frames, judged }: Agreement): string {
  const unjudged = frames - judged;
  return (
    `${formatCount(judged)} judged; ${formatCount(unjudged)} (${percent(unjudged / frames)}) have ` +
    "no label or an ignored one, and count as neither right nor wrong"
  );
}

function windowsText({ frames, judged, windowed }: Agreement): string {
  const text = `windows of a second answered right ${percent(windowed.accuracy)}`;
  return judged === frames ? text : `${text}, of ${formatCount(windowed.windows)} judged`;
}

function errorText({ errors, trials, rate, upper }: ErrorBound): string {
  return `${formatCount(errors)} of ${formatCount(trials)}: ${percent(rate)}, at most ${percent(upper)} (95 %)`;
}

/** The same, for programs. */
export function evaluationToJson(
  against: string,
  run: CascadeRun,
  agreement: Agreement,
  isLearnt: boolean,
): string {
  const bound = ({ errors, trials, upper }: ErrorBound) => ({
    count: errors,
    of: trials,
    bound: upper,
  });
  return `${JSON.stringify(
    {
      against,
      trained_on: isLearnt,
      frames: agreement.frames,
      judged_frames: agreement.judged,
      unanswered: run.unanswered,
      answers: run.levels,
      false_negatives: bound(agreement.falseNegatives),
      false_positives: bound(agreement.falsePositives),
      window_accuracy: agreement.windowed.accuracy,
      judged_windows: agreement.windowed.windows,
      intervals: agreement.intervals,
      throughput_fps: run.report.throughput_fps,
    },
    null,
    2,
  )}\n`;
}

function percent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(3))} %`;
}

function row(name: string, text: string): string {
  return `${name.padEnd(NAME_WIDTH)}${text}`;
}
