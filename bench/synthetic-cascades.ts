import { Audit } from "../src/cascade/audit.ts";
import type { ErrorBound } from "../src/cascade/bounds.ts";
import { type Evaluation, earlyTruth, replayPoint } from "../src/cascade/evaluation.ts";
import type { TunedCascade } from "../src/cascade/ladder.ts";
import { isPointless, tuneCascade } from "../src/cascade/optimizer.ts";
import { cascadePromise } from "../src/cascade/promise.ts";
import { Recovery } from "../src/cascade/recovery.ts";
import { countErrors, type ErrorCounts, INFERRED } from "../src/cascade/replay.ts";
import type { Footage, OperatingPoint, SearchSpace } from "../src/cascade/search-space.ts";
import {
  drawFrames,
  drawScene,
  type SyntheticFrames,
  type SyntheticScene,
  syntheticFootage,
} from "../src/cascade/synthetic.ts";

/** Frames a second of the synthetic cameras. */
export const FPS = 15;
export const BUDGET = { falseNegatives: 0.01, falsePositives: 0.01 };
/** How many times what was promised the error of a drifted camera is. */
export const RISE = 5;
const WINDOWS = { windowFrames: FPS, agreeFrames: FPS - 1 };
/** A shift of the logits is known to a hundredth, from so many frames. */
const HALVINGS = 10;
const SHIFT_FRAMES = 60_000;
/** Stretches of each drifted camera: how soon one is noticed is luck, and their mean less so. */
const NOTICES = 5;
/** Long stretches are drawn piece by piece: most end early. */
const PIECE_FRAMES = 40_000;
/** Seeds of the streams of one trial lie apart by it. */
const STREAM = 1_000_003;
const SPACE: SearchSpace = {
  tSkips: [1, 2, 5],
  tDiffs: [null, 0.01, 0.05],
  networks: [null, { name: "network", networkMs: 0.1 }],
  costs: {
    decodeMs: 0.3,
    skippedMs: 0.1,
    differenceMs: 0.1,
    referenceMs: 80,
    transferMs: 0,
    devices: 1,
    referenceCoreMs: 0,
    cores: 2,
  },
};

/** The same without a network: frames are skipped or reused, or go to the reference model. */
export const GATES_ONLY: SearchSpace = { ...SPACE, networks: [null] };

/** Frames that a trial draws. */
export interface TrialSizes {
  readonly tuning: number;
  readonly heldOut: number;
  /** To know the true error. */
  readonly truth: number;
}

/** What was claimed of an error rate, and what is true. */
export interface ClaimedRate {
  readonly rate: number;
  readonly bound: ErrorBound;
}

export interface CoverageTrial {
  readonly falseNegatives: ClaimedRate;
  readonly falsePositives: ClaimedRate;
  /** Both bounds are within the budget. */
  readonly holds: boolean;
}

/**
 * Tunes a cascade on a synthetic camera, bounds its errors on held-out frames, and looks at many
 * more to see what they are. Null where no level was worth having.
 */
export function coverageTrial(
  seed: number,
  sizes: TrialSizes,
  space: SearchSpace = SPACE,
): CoverageTrial | null {
  const scene = drawScene(seed);
  const tuned = tune(scene, seed, { ...sizes, space });
  if (isPointless(tuned)) return null;
  const { heldOut, holds } = tuned;
  const rates = trueRates(heldOut.point, scene, { count: sizes.truth, seed: seed + 2 * STREAM });
  return {
    falseNegatives: { rate: rates.falseNegatives, bound: heldOut.falseNegatives },
    falsePositives: { rate: rates.falsePositives, bound: heldOut.falsePositives },
    holds,
  };
}

export interface DriftSizes extends TrialSizes {
  /** Share of the frames answered early that is audited. */
  readonly share: number;
  /** Frames before the drift, in which every alarm is false. */
  readonly before: number;
  /** Frames in which the drift is to be noticed. */
  readonly after: number;
}

export interface DriftTrial {
  /** In the frames before the drift: of the camera as it was, and at the edge of the promise. */
  readonly falseAlarms: { readonly unchanged: number; readonly worst: number };
  /**
   * Audited frames from the rise to the alarm, the mean of several stretches, infinite where there
   * was none: of a rise to five times the budget, and to five times the bounds of this cascade,
   * which are lower.
   */
  readonly noticedAfter: { readonly budget: number; readonly bounds: number };
  /** True rates after the recovery; 0 where the reference model answers for good. */
  readonly recovered: { readonly falseNegatives: number; readonly falsePositives: number };
  /** Whether a new cascade came back. */
  readonly cameBack: boolean;
}

/**
 * A camera is as it was, then just as bad as was promised, which is the worst time for false
 * alarms, then wrong five times as often as it may be; then it recovers by itself. Null where
 * the cascade would not have been accepted in the first place.
 */
export function driftTrial(seed: number, sizes: DriftSizes): DriftTrial | null {
  const scene = drawScene(seed);
  const tuned = tune(scene, seed, sizes);
  if (isPointless(tuned) || !tuned.holds) return null;
  const { heldOut } = tuned;
  const { point } = heldOut;
  const promised = cascadePromise(heldOut);
  const audit = auditOf(heldOut, seed, sizes.share);
  // Both rates as promised at most; and all errors together five times as many.
  const worst = driftedUpTo(scene, { point, seed }, (early) =>
    Math.max(
      early.falseNegatives / early.present / promised.falseNegatives,
      early.falsePositives / early.absent / promised.falsePositives,
    ),
  );
  const risenFrom = (rates: typeof BUDGET): SyntheticScene =>
    driftedUpTo(
      scene,
      { point, seed },
      (early) =>
        (early.falseNegatives + early.falsePositives) /
        (rates.falseNegatives * early.present + rates.falsePositives * early.absent) /
        RISE,
    );
  const risen = risenFrom(BUDGET);
  const alarmsOf = (of: SyntheticScene): number => {
    let alarms = 0;
    audit.reset();
    audited({ audit, scene: of, point, count: sizes.before, seed: seed + 3 * STREAM }, () => {
      alarms += 1;
      audit.reset();
      return true;
    });
    return alarms;
  };
  const falseAlarms = { unchanged: alarmsOf(scene), worst: alarmsOf(worst) };
  const noticed = (of: SyntheticScene): number => {
    let sum = 0;
    for (let stretch = 0; stretch < NOTICES; stretch += 1) {
      let after = Number.POSITIVE_INFINITY;
      audit.reset();
      const from = seed + (11 + stretch) * STREAM;
      audited({ audit, scene: of, point, count: sizes.after, seed: from }, (count) => {
        after = count;
        return false;
      });
      sum += after;
    }
    return sum / NOTICES;
  };
  const noticedAfter = { budget: noticed(risen), bounds: noticed(risenFrom(promised)) };
  return { falseAlarms, noticedAfter, ...recover(risen, seed, sizes) };
}

function tune(
  scene: SyntheticScene,
  seed: number,
  { space = SPACE, ...sizes }: TrialSizes & { readonly space?: SearchSpace },
): TunedCascade {
  return tuneCascade({
    tuning: syntheticFootage(drawFrames(scene, sizes.tuning, seed)),
    heldOut: syntheticFootage(drawFrames(scene, sizes.heldOut, seed + STREAM)),
    space,
    budget: BUDGET,
    windows: WINDOWS,
  });
}

function auditOf(heldOut: Evaluation, seed: number, share: number): Audit {
  return new Audit({ share, seed, fps: FPS, promise: cascadePromise(heldOut) });
}

/** The scene with its logits moved as far as this measure of its errors stays up to 1. */
function driftedUpTo(
  scene: SyntheticScene,
  { point, seed }: { readonly point: OperatingPoint; readonly seed: number },
  measure: (early: ErrorCounts) => number,
): SyntheticScene {
  const drawn = drawFrames(scene, SHIFT_FRAMES, seed + 5 * STREAM);
  const footage = syntheticFootage(drawn);
  let low = -scene.separation;
  let high = scene.separation;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const shift = (low + high) / 2;
    const scores = shiftedScores(drawn, shift);
    const { early } = replayErrors({ ...footage, scores: () => scores }, point);
    if (measure(early) > 1) low = shift;
    else high = shift;
  }
  return { ...scene, shift: high };
}

/** Scores as they would be with this shift: everything else about the frames stays. */
function shiftedScores({ present, scores }: SyntheticFrames, shift: number): Float32Array {
  const factor = Math.exp(shift);
  return scores.map((score, frame) => {
    const odds = (score / (1 - score)) * (present[frame] === 1 ? factor : 1 / factor);
    return odds === Number.POSITIVE_INFINITY ? 1 : odds / (1 + odds);
  });
}

interface AuditedStretch {
  readonly audit: Audit;
  readonly scene: SyntheticScene;
  readonly point: OperatingPoint;
  readonly count: number;
  readonly seed: number;
}

/**
 * Runs the cascade over a stretch of frames with its audit.
 *
 * @param alarmed told of every alarm with the audited frames since the start; false to stop
 */
function audited(stretch: AuditedStretch, alarmed: (count: number) => boolean): void {
  const { audit, scene, point, count, seed } = stretch;
  let auditedCount = 0;
  for (let first = 0; first < count; first += PIECE_FRAMES) {
    const frames = Math.min(PIECE_FRAMES, count - first);
    const footage = syntheticFootage(drawFrames(scene, frames, seed + first));
    const { answers, present } = replayPoint(footage, point);
    for (let frame = 0; frame < frames; frame += 1) {
      if (answers[frame] === INFERRED) continue;
      const probability = audit.draw();
      if (probability === 0) continue;
      auditedCount += 1;
      const isPresent = footage.truth[frame] === 1;
      const answered = present[frame] === 1;
      const drift = audit.audited({ answered, present: isPresent, probability });
      if (drift !== null && !alarmed(auditedCount)) return;
    }
  }
}

/** Labels, trains and comes back as the recovery says, or leaves it to the reference model. */
function recover(
  scene: SyntheticScene,
  seed: number,
  sizes: DriftSizes,
): Pick<DriftTrial, "recovered" | "cameBack"> {
  const framesMin = sizes.tuning + sizes.heldOut;
  const recovery = new Recovery({ mode: "auto", framesMin, framesMax: 4 * framesMin });
  recovery.next({ kind: "drift" });
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const frames = recovery.framesWanted;
    if (recovery.next({ kind: "labelled", frames }) !== "train") break;
    const factor = frames / framesMin;
    const tuned = tune(scene, seed + (5 + attempt) * STREAM, {
      ...sizes,
      tuning: Math.floor(factor * sizes.tuning),
      heldOut: Math.floor(factor * sizes.heldOut),
    });
    if (tuned.holds && !isPointless(tuned)) {
      recovery.next({ kind: "trained" });
      const { point } = tuned.heldOut;
      const count = sizes.truth;
      const recovered = trueRates(point, scene, { count, seed: seed + 9 * STREAM });
      return { recovered, cameBack: recovery.state === "watching" };
    }
    recovery.next({ kind: "refused", framesNeeded: 0 });
  }
  return { recovered: { falseNegatives: 0, falsePositives: 0 }, cameBack: false };
}

function trueRates(
  point: OperatingPoint,
  scene: SyntheticScene,
  { count, seed }: { readonly count: number; readonly seed: number },
): { readonly falseNegatives: number; readonly falsePositives: number } {
  const { all } = replayErrors(syntheticFootage(drawFrames(scene, count, seed)), point);
  return {
    falseNegatives: all.falseNegatives / all.present,
    falsePositives: all.falsePositives / all.absent,
  };
}

/** Errors of all frames, and of those answered early. */
function replayErrors(
  footage: Footage,
  point: OperatingPoint,
): { readonly all: ErrorCounts; readonly early: ErrorCounts } {
  const { answers, present } = replayPoint(footage, point);
  const early = earlyTruth(footage.truth, answers);
  return { all: countErrors(present, footage.truth), early: countErrors(present, early) };
}

/** Share of the claims that are true: which should be the confidence of the bounds, or more. */
export function coverageOf(claims: readonly ClaimedRate[]): number {
  return claims.filter(({ rate, bound }) => bound.upper >= rate).length / claims.length;
}
