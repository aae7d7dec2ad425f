import { CONFIDENCE, type ErrorBound, errorBound } from "./bounds.ts";
import { type CascadeCost, cascadeCost } from "./cost-model.ts";
import {
  countErrors,
  type ErrorCounts,
  INFERRED,
  type LevelCounts,
  NO_ANCHOR,
  type Replay,
  replayAnswers,
} from "./replay.ts";
import type { Footage, OperatingPoint, SearchSpace } from "./search-space.ts";
import { IGNORED } from "./types.ts";
import { type WindowedAccuracy, type WindowOptions, windowedAccuracy } from "./windows.ts";

/** Share of the frames that count as nearly wrong. */
const NEAR_SHARE = 0.02;

/** What a cascade does on a span of footage. */
export interface Evaluation {
  readonly point: OperatingPoint;
  readonly frames: number;
  /** Frames by the level that answered them. */
  readonly levels: LevelCounts;
  readonly cost: CascadeCost;
  /** Frames missed, of those truly present. */
  readonly falseNegatives: ErrorBound;
  /** False alarms, of the frames truly absent. */
  readonly falsePositives: ErrorBound;
  readonly windowed: WindowedAccuracy;
  /** Wrong answers among frames that the reference model did not answer itself. */
  readonly early: ErrorCounts;
}

export interface EvaluationOptions {
  /** Costs, and what the gates have to choose from: laxer ones tell of near errors. */
  readonly space: Pick<SearchSpace, "costs" | "tSkips" | "tDiffs">;
  readonly windows: WindowOptions;
  /** Of the bounds. Default 0.95. */
  readonly confidence?: number;
}

/** Replays a cascade on footage and bounds its errors. */
export function evaluatePoint(
  footage: Footage,
  point: OperatingPoint,
  options: EvaluationOptions,
): Evaluation {
  const { space, windows, confidence = CONFIDENCE } = options;
  const { tSkip, tDiff, network } = point;
  const { truth } = footage;
  const anchors = footage.anchors(tSkip, tDiff);
  const scores = network === null ? null : footage.scores(network.name);
  const replay = replayPoint(footage, point);
  const frames = anchors.length;
  const { specialized, inferred } = replay.counts;
  const bound = (isPresent: 0 | 1): ErrorBound => {
    const { trials, wrong } = errorsOf(replay.present, truth, isPresent);
    if (inferred === frames) return exactBound(trials, confidence);
    const nearlyWrong =
      scores === null
        ? laxerErrors(footage, point, space, isPresent)
        : nearErrors({ trials, wrong, anchors, scores, isPresent });
    return errorBound({ trials, wrong, nearlyWrong }, confidence);
  };
  return {
    point,
    frames,
    levels: replay.counts,
    cost: cascadeCost(space.costs, {
      tSkip,
      hasDifference: tDiff !== null,
      networkMs: network?.networkMs ?? null,
      fired: (specialized + inferred) / frames,
      inferred: inferred / frames,
    }),
    falseNegatives: bound(1),
    falsePositives: bound(0),
    windowed: windowedAccuracy(replay.present, truth, windows),
    early: countErrors(replay.present, earlyTruth(truth, replay.answers)),
  };
}

/** Truth of the frames answered early; the reference model's own do not count. */
export function earlyTruth(truth: Uint8Array, answers: Uint8Array): Uint8Array {
  const early = Uint8Array.from(truth);
  for (let frame = 0; frame < early.length; frame += 1) {
    if (answers[frame] === INFERRED) early[frame] = IGNORED;
  }
  return early;
}

/**
 * Of the frames whose truth is `isPresent`: all, and those answered otherwise.
 * @param present 1 where the cascade says present
 */
export function errorsOf(
  present: Uint8Array,
  truth: Uint8Array,
  isPresent: 0 | 1,
): { readonly trials: Uint8Array; readonly wrong: Uint8Array } {
  const trials = new Uint8Array(truth.length);
  const wrong = new Uint8Array(truth.length);
  for (let frame = 0; frame < truth.length; frame += 1) {
    if (truth[frame] !== isPresent) continue;
    trials[frame] = 1;
    if (present[frame] !== isPresent) wrong[frame] = 1;
  }
  return { trials, wrong };
}

/** Whether the reference model answers every frame, and nothing is gained. */
export function isReferenceAlone({ levels, frames }: Evaluation): boolean {
  return levels.inferred === frames;
}

/** Replays a cascade on footage. */
export function replayPoint(footage: Footage, point: OperatingPoint): Replay {
  const { tSkip, tDiff, network, cLow, cHigh } = point;
  return replayAnswers({
    anchors: footage.anchors(tSkip, tDiff),
    scores: network === null ? null : footage.scores(network.name),
    cLow,
    cHigh,
    reference: footage.reference,
  });
}

/** The reference model is right by definition: there is nothing to estimate. */
function exactBound(trials: Uint8Array, confidence: number): ErrorBound {
  const bound = errorBound(
    { trials, wrong: new Uint8Array(trials.length), nearlyWrong: null },
    confidence,
  );
  return { ...bound, effectiveTrials: bound.trials, designEffect: 1, upper: 0 };
}

/**
 * Near errors of a cascade without a network: what the next laxer gates get wrong, one that looks at
 * fewer frames and one that takes more of them for the same. Null where none is laxer.
 */
function laxerErrors(
  footage: Footage,
  point: OperatingPoint,
  { tSkips, tDiffs }: EvaluationOptions["space"],
  isPresent: 0 | 1,
): Uint8Array | null {
  const laxness = (tDiff: number | null): number => tDiff ?? Number.NEGATIVE_INFINITY;
  const after = (values: readonly number[], value: number): number | undefined =>
    values.toSorted((a, b) => a - b).find((each) => each > value);
  const tSkip = after(tSkips, point.tSkip);
  const tDiff = after(tDiffs.map(laxness), laxness(point.tDiff));
  const laxer = [
    ...(tSkip === undefined ? [] : [{ ...point, tSkip }]),
    ...(tDiff === undefined ? [] : [{ ...point, tDiff }]),
  ];
  if (laxer.length === 0) return null;
  const near = new Uint8Array(footage.truth.length);
  for (const each of [point, ...laxer]) {
    const { wrong } = errorsOf(replayPoint(footage, each).present, footage.truth, isPresent);
    for (let frame = 0; frame < near.length; frame += 1) {
      if (wrong[frame] === 1) near[frame] = 1;
    }
  }
  return near;
}

export interface NearErrorOptions {
  /** Frames that are present (or absent), those of them answered wrongly, and anchors of all. */
  readonly trials: Uint8Array;
  readonly wrong: Uint8Array;
  readonly anchors: Uint32Array;
  readonly scores: Float32Array;
  readonly isPresent: 0 | 1;
}

/**
 * Frames that laxer thresholds would get wrong: the wrong ones, and of those that count the
 * fiftieth whose anchors have the least fitting scores. Rare errors come in the same bunches as
 * these, and there are enough of them to see how large the bunches are.
 */
export function nearErrors(options: NearErrorOptions): Uint8Array {
  const { trials, wrong, anchors, scores, isPresent } = options;
  const misfit = new Float64Array(anchors.length);
  const sorted = new Float64Array(anchors.length);
  let count = 0;
  for (let frame = 0; frame < anchors.length; frame += 1) {
    if (trials[frame] !== 1) continue;
    const anchor = anchors[frame] as number;
    const score = anchor === NO_ANCHOR ? 0 : (scores[anchor] as number);
    const value = isPresent === 1 ? 1 - score : score;
    misfit[frame] = value;
    sorted[count] = value;
    count += 1;
  }
  const limit = nearLimit(sorted.subarray(0, count).sort());
  const near = Uint8Array.from(wrong);
  for (let frame = 0; frame < near.length; frame += 1) {
    if (trials[frame] === 1 && (misfit[frame] as number) >= limit) near[frame] = 1;
  }
  return near;
}

/** The least misfit that is near: those with more are a fiftieth of all, or a little more. */
function nearLimit(sorted: Float64Array): number {
  const place = Math.floor(sorted.length * (1 - NEAR_SHARE));
  const limit = sorted[place] ?? Number.POSITIVE_INFINITY;
  let first = place;
  while (first > 0 && sorted[first - 1] === limit) first -= 1;
  // Where many share the limit, as scores that have come to 0 or 1 do, they are all the same well.
  if (sorted.length - first <= 2 * NEAR_SHARE * sorted.length + 1) return limit;
  let above = place;
  while (above < sorted.length && sorted[above] === limit) above += 1;
  return sorted[above] ?? Number.POSITIVE_INFINITY;
}
