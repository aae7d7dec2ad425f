import { cpus } from "node:os";
import type { Spans } from "../cascade/spans.ts";
import type { Question } from "../cascade/types.ts";
import { type Architecture, architectureName } from "../training/architectures.ts";
import type { LabelledPictures } from "../training/options.ts";
import {
  type Candidate,
  type CandidateOptions,
  candidateSides,
  trainCandidates,
  trainingWork,
} from "./candidates.ts";
import { figuresText } from "./figures-text.ts";
import { WholeView } from "./fixed-view.ts";
import type { Footage } from "./footage.ts";
import { FootagePass } from "./footage-pass.ts";
import { NetworksEstimate } from "./networks-estimate.ts";
import { sampleFrames, TRAINING_MAX, VALIDATION_MAX } from "./samples.ts";
import type { TrainEvents } from "./train-events.ts";

export interface LearnOptions {
  readonly footage: Footage;
  /** 1 present, 0 absent, `IGNORED`, by frame. */
  readonly truth: Uint8Array;
  readonly spans: Spans;
  readonly region: Question["region"];
  /** Networks that are tried. */
  readonly architectures: readonly Architecture[];
  readonly seed: number;
  /** Where trained networks are kept. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly events: TrainEvents;
}

/** A trained network, with its probabilities by frame from the tuning span on; 0 before. */
export interface ScoredCandidate extends Candidate {
  readonly scores: Float32Array;
}

/** What the footage taught. */
export interface LearntNetworks {
  /** Luma thumbnails of every frame, u8 [frames, 50, 50]. */
  readonly luma: Uint8Array;
  readonly networks: readonly ScoredCandidate[];
}

/**
 * Trains networks on the first two spans and scores the others with them, in one reading of the
 * footage.
 *
 * @throws {AipError} `camera-moves`, `interrupted`, or where the footage cannot be read
 */
export async function learnNetworks(options: LearnOptions): Promise<LearntNetworks> {
  const { footage, truth, spans, architectures, events, seed } = options;
  const frames = truth.length;
  const sides = candidateSides(architectures);
  const training = sampleFrames(truth, spans.training, TRAINING_MAX, seed);
  const validation = sampleFrames(truth, spans.validation, VALIDATION_MAX, seed + 1);
  const chosen = Uint32Array.of(...training, ...validation);
  events.stage("thumbnails", `${chosen.length} frames at ${sides.join(", ")} pixels`);
  // Of the one reading, what the stage takes.
  let stretch = { from: 0, to: spans.tuning.from };
  await using pass = await FootagePass.open({
    ...options,
    ...{ source: footage.source, frames },
    onProgress: (read) => events.read(read - stretch.from, stretch.to - stretch.from),
  });
  const pictures = await pass.pictures(spans.tuning.from, chosen, sides);
  const view = new WholeView(footage, pass.luma);
  view.check(pass.passed);

  events.stage("training", `${training.length} pictures, ${architectures.length} networks`);
  const labels = Uint8Array.from(chosen, (frame) => truth[frame] as number);
  const threads = cpus().length;
  const estimate = new NetworksEstimate(architectures.map(trainingWork), threads);
  const trained = await trainCandidates(
    architectures.map((architecture, index) => {
      const images = pictures.get(architecture.side) as Uint8Array;
      const parts = partPictures({ images, labels }, training.length);
      return {
        ...{ ...options, ...parts, architecture },
        ...toldOf(architecture, index, estimate, events),
      };
    }),
    threads,
  );
  const candidates = trained.filter((candidate) => candidate !== null);

  events.stage("scores", `of ${candidates.length} networks`);
  stretch = { from: spans.tuning.from, to: frames };
  const scores = await pass.scores(candidates);
  const elsewhere = view.check(pass.passed);
  if (elsewhere !== null) events.tell(elsewhere);
  const networks = candidates.map((candidate, index) => ({
    ...candidate,
    scores: scores[index] as Float32Array,
  }));
  return { luma: pass.luma, networks };
}

/** Tells how far all networks are, whenever one goes on, and what came of each. */
function toldOf(
  architecture: Architecture,
  index: number,
  estimate: NetworksEstimate,
  events: TrainEvents,
): Pick<CandidateOptions, "onProgress" | "onNote" | "onDone"> {
  const name = architectureName(architecture);
  let attempts = 1;
  return {
    onNote: events.tell,
    onProgress: (_, { attempt, epoch, epochs, share, loss, validation }) => {
      if (attempt !== attempts) {
        events.tell(`${name} has learnt nothing, and is begun again: attempt ${attempt}`);
      }
      attempts = attempt;
      const stand = { share: (epoch - 1 + share) / epochs, loss, auc: validation?.auc ?? null };
      estimate.reach(index, stand, performance.now());
      events.training(estimate.progress);
    },
    onDone: (trained) => {
      estimate.end(index);
      events.tell(
        trained === null
          ? `${name} has learnt nothing, and is left out`
          : `${name}: ${figuresText(trained)} on the validation span`,
      );
      events.training(estimate.progress);
    },
  };
}

/** The first `count` pictures to train with, the others to validate. */
function partPictures({ images, labels }: LabelledPictures, count: number) {
  const cut = (images.length / labels.length) * count;
  return {
    training: { images: images.subarray(0, cut), labels: labels.subarray(0, count) },
    validation: { images: images.subarray(cut), labels: labels.subarray(count) },
  };
}
