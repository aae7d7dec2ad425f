import manifest from "../../package.json" with { type: "json" };
import { budgetOf } from "../cascade/file/budget.ts";
import type { Cascade, CascadeProvenance } from "../cascade/file/cascade.ts";
import { sha256 } from "../cascade/file/seal.ts";
import { type Span, type Spans, splitSpans } from "../cascade/spans.ts";
import { AipError, usageError } from "../errors.ts";
import { formatRate } from "../metrics/number-format.ts";
import type { LabelledFrames } from "../pipeline/tape-recorder.ts";
import { findArchitecture } from "../training/architectures.ts";
import { NetworkScorer } from "../training/network-scorer.ts";
import { DEFAULT_SETTINGS, type LabelledPictures } from "../training/options.ts";
import { runTraining, type TrainedNetwork } from "../training/training-run.ts";
import { frontOf, levelsOf, spansOf, validationOf } from "./assemble.ts";
import { trainingLength } from "./candidates.ts";
import { chooseCascade } from "./choice.ts";
import { searchCosts } from "./costs.ts";
import { detectorKinds } from "./detector-kinds.ts";
import { packObservations } from "./observations.ts";
import { observe } from "./observe.ts";
import { sampleFrames, TRAINING_MAX, VALIDATION_MAX } from "./samples.ts";
import { alignSpans, spreadObservations, thumbnailSpans, thumbnailTruth } from "./spread.ts";

/** Steps of a network that is to come back soon: fewer than one that is learnt in peace has. */
const STEPS_MIN = 5000;

/** So many times the reference model's rate make a cascade worth having. */
const GAIN_MIN = 1.1;

/** What a cascade is learnt from anew; it can be posted to a Worker. */
export interface RelearnTask {
  readonly footage: LabelledFrames;
  /** Name of the source. */
  readonly source: string;
  /** Frames a second that were labelled. */
  readonly fps: number;
  /** The cascade of before: its question, budget, costs and architecture stay. */
  readonly cascade: Cascade;
  readonly seed: number;
}

/**
 * Learns a cascade anew from labelled thumbnails alone: a network of the same architecture, another
 * search for the levels' thresholds, and bounds on a part of the footage that neither has seen.
 * Keeps its thread busy.
 *
 * @param isStopped asked before every step of the training; true ends it with a `TrainingStopped`
 * @throws {AipError} category `usage` where the footage cannot support the budget yet: where it is
 *   known how much would, a `FootageShortage`
 */
export function relearn(task: RelearnTask, isStopped: () => boolean = () => false): Cascade {
  const { footage, fps, cascade, seed } = task;
  const { luma, truth, stride } = footage;
  const { question } = cascade;
  const object = question.classes.join(" or ");
  const budget = budgetOf(cascade);
  const spans = alignSpans(splitSpans({ truth, fps, budget, object }), stride);
  const thin = {
    truth: thumbnailTruth(truth, stride),
    spans: thumbnailSpans(spans, stride),
    fps: fps / stride,
  };
  const network = trainAgain(task, thin, isStopped);
  const scores = network === null ? [] : [scoresOf(network, footage, thin.spans.tuning.from)];
  const name = network?.manifest.name ?? "";
  const known = scores.map((list) => ({ name, scores: list }));
  const { training: span } = thin.spans;
  const observations = detectorKinds({ luma, truth: thin.truth, span, fps: thin.fps }).map((kind) =>
    spreadObservations(observe({ luma, kind, networks: known, ...thin }), {
      ...{ stride, truth, fps, spans },
    }),
  );
  const costs = searchCosts(cascade.costs);
  const networks = known.map(() => ({ name, networkMs: cascade.costs.network.mean }));
  const choice = chooseCascade(
    observations,
    { networks, costs, budget },
    { object, fps, frames: footage.count },
  );
  const validation = validationOf(choice.optimized.chosen, costs);
  checkGain(validation);
  const part = network === null ? null : { model: network.model, side: footage.side };
  const levels = levelsOf(choice, part);
  // What each level saved was of the old footage.
  const { factors: _, ...before } = cascade;
  return {
    ...before,
    levels,
    networkManifest: levels.network === null ? null : (network?.manifest ?? null),
    validation,
    provenance: provenanceOf(task, spans, seed),
    observations: packObservations(choice.observations),
    front: frontOf(choice, costs, question),
  };
}

/** A cascade that hardly answers anything itself only adds errors. */
function checkGain({ cascadeFps, referenceFps }: Cascade["validation"]): void {
  if (cascadeFps >= GAIN_MIN * referenceFps) return;
  const [rate, alone] = [formatRate(cascadeFps), formatRate(referenceFps)];
  throw usageError(
    "cascade-gains-nothing",
    `a cascade within the budgets would answer ${rate} frames/s by the costs in its file, the reference model ` +
      `alone ${alone}: at least ${GAIN_MIN} times as many are wanted`,
  );
}

/** Thumbnails, and the frames that have them. */
interface Thin {
  readonly truth: Uint8Array;
  readonly spans: Spans;
}

/** A network as before, of new pictures; null where the cascade had none, or this one learns nothing. */
function trainAgain(
  { footage, cascade, seed }: RelearnTask,
  { truth, spans }: Thin,
  isStopped: () => boolean,
): TrainedNetwork | null {
  const architecture = findArchitecture(cascade.provenance.architecture);
  if (architecture === undefined) return null;
  const pictures = (span: Span, most: typeof TRAINING_MAX | typeof VALIDATION_MAX, salt: number) =>
    picturesOf(footage, truth, sampleFrames(truth, span, most, seed + salt));
  const training = pictures(spans.training, TRAINING_MAX, 0);
  const validation = pictures(spans.validation, VALIDATION_MAX, 1);
  const length = trainingLength(training.labels, STEPS_MIN);
  const settings = { ...DEFAULT_SETTINGS, ...length, seed };
  const task = { architecture, training, validation, settings };
  try {
    return runTraining(task, { onProgress: () => undefined, isStopped });
  } catch (error) {
    // The other levels may do without.
    if (error instanceof AipError && error.code === "training-collapsed") return null;
    throw error;
  }
}

function picturesOf(
  { pictures, side }: LabelledFrames,
  truth: Uint8Array,
  chosen: Uint32Array,
): LabelledPictures {
  const bytes = 3 * side * side;
  const images = new Uint8Array(chosen.length * bytes);
  for (const [place, index] of chosen.entries()) {
    images.set(pictures.subarray(index * bytes, (index + 1) * bytes), place * bytes);
  }
  return { images, labels: Uint8Array.from(chosen, (index) => truth[index] as number) };
}

/** Probabilities by thumbnail, from `from` on; 0 before. */
function scoresOf(
  { model }: TrainedNetwork,
  { pictures, side, count, stride }: LabelledFrames,
  from: number,
): Float32Array {
  const thumbnails = Math.ceil(count / stride);
  const scores = new Float32Array(thumbnails);
  const scorer = new NetworkScorer(model);
  try {
    const wanted = pictures.subarray(3 * side * side * from);
    scorer.score(wanted, thumbnails - from, scores.subarray(from));
  } finally {
    scorer.close();
  }
  return scores;
}

function provenanceOf(
  { footage, source, fps, cascade }: RelearnTask,
  spans: Spans,
  seed: number,
): CascadeProvenance {
  // Its thresholds are those of this training: nobody has tuned them since.
  const { tuned: _, ...provenance } = cascade.provenance;
  const { retrained } = provenance;
  return {
    ...provenance,
    trainedAt: new Date().toISOString(),
    aip: manifest.version,
    footage: {
      name: source,
      fingerprint: sha256(sha256(footage.luma) + sha256(footage.truth)),
      frames: footage.count,
      fps,
    },
    spans: spansOf(spans),
    labels: "reference model",
    seed,
    retrained: {
      frames: footage.span,
      before: provenance.trainedAt,
      count: (retrained?.count ?? 0) + 1,
    },
  };
}
