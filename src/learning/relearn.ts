import type { Cascade } from "../cascade/file/cascade.ts";
import { type Span, splitSpans } from "../cascade/spans.ts";
import type { LabelledFrames } from "../pipeline/tape-recorder.ts";
import { ARCHITECTURES, architectureName } from "../training/architectures.ts";
import { NetworkScorer } from "../training/network-scorer.ts";
import type { LabelledPictures } from "../training/options.ts";
import { trainNetwork } from "../training/train.ts";
import type { TrainedNetwork } from "../training/training-run.ts";
import { levelsOf, validationOf } from "./assemble.ts";
import { chooseCascade } from "./choice.ts";
import { checkClaim, checkWorthwhile } from "./claim.ts";
import { searchCosts } from "./costs.ts";
import { detectorKinds } from "./detector-kinds.ts";
import { observe } from "./observe.ts";
import { sampleFrames, TRAINING_MAX, VALIDATION_MAX } from "./samples.ts";

/** What a cascade is learnt from anew; it can be posted to a Worker. */
export interface RelearnTask {
  readonly footage: LabelledFrames;
  readonly fps: number;
  /** The cascade of before: its question, budget, costs and architecture stay. */
  readonly cascade: Cascade;
  readonly seed: number;
}

/**
 * Learns a cascade anew from labelled thumbnails alone: a network of the same architecture, another
 * search for the levels' thresholds, and bounds on a part of the footage that neither has seen.
 *
 * @throws {AipError} category `usage` where the footage cannot support the budget yet
 */
export async function relearn({ footage, fps, cascade, seed }: RelearnTask): Promise<Cascade> {
  const { question, budgets } = cascade;
  const { luma, truth } = footage;
  const object = question.classes.join(" or ");
  const budget = { falseNegatives: budgets.maxFn, falsePositives: budgets.maxFp };
  const spans = splitSpans({ truth, fps, budget, object });
  const network = await trainAgain({ footage, fps, cascade, seed }, spans);
  const scores = network === null ? [] : [scoresOf(network, footage, spans.tuning.from)];
  const names = network === null ? [] : [network.manifest.name ?? ""];
  const observations = detectorKinds({ luma, truth, span: spans.training, fps }).map((kind) =>
    observe({
      luma,
      truth,
      kind,
      fps,
      spans,
      networks: scores.map((list, index) => ({ name: names[index] as string, scores: list })),
    }),
  );
  const costs = searchCosts(cascade.costs);
  const networkMs = cascade.costs.network.mean;
  const networks = names.map((name) => ({ name, networkMs }));
  const choice = chooseCascade(observations, { networks, costs, budget });
  const context = { object, fps, frames: spans.heldOut.to - spans.heldOut.from };
  checkClaim(choice.optimized, context);
  checkWorthwhile(choice.optimized, context);
  const part = network === null ? null : { model: network.model, side: footage.side };
  return {
    ...cascade,
    levels: levelsOf(choice, part),
    networkManifest: network?.manifest ?? null,
    validation: validationOf(choice.optimized.chosen, costs),
    observations: null,
    front: null,
  };
}

/** A network as before, of new pictures; null where the cascade had none. */
async function trainAgain(
  { footage, cascade, seed }: RelearnTask,
  spans: { readonly training: Span; readonly validation: Span },
): Promise<TrainedNetwork | null> {
  const architecture = ARCHITECTURES.find(
    (each) => architectureName(each) === cascade.provenance.architecture,
  );
  if (architecture === undefined) return null;
  const pictures = (
    span: Span,
    most: { readonly present: number; readonly absent: number },
    salt: number,
  ): LabelledPictures => picturesOf(footage, sampleFrames(footage.truth, span, most, seed + salt));
  return await trainNetwork({
    architecture,
    training: pictures(spans.training, TRAINING_MAX, 0),
    validation: pictures(spans.validation, VALIDATION_MAX, 1),
    seed,
  });
}

function picturesOf({ pictures, side, truth }: LabelledFrames, frames: Uint32Array) {
  const bytes = 3 * side * side;
  const images = new Uint8Array(new SharedArrayBuffer(frames.length * bytes));
  for (const [place, frame] of frames.entries()) {
    images.set(pictures.subarray(frame * bytes, (frame + 1) * bytes), place * bytes);
  }
  return { images, labels: Uint8Array.from(frames, (frame) => truth[frame] as number) };
}

/** Probabilities by frame, from `from` on; 0 before. */
function scoresOf(
  { model }: TrainedNetwork,
  { pictures, side, count }: LabelledFrames,
  from: number,
): Float32Array {
  const bytes = 3 * side * side;
  const scores = new Float32Array(count);
  const scorer = new NetworkScorer(model);
  try {
    for (let frame = from; frame < count; frame += scorer.batchMax) {
      const batch = Math.min(scorer.batchMax, count - frame);
      scorer.pictures.set(pictures.subarray(frame * bytes, (frame + batch) * bytes));
      scores.set(scorer.run(batch), frame);
    }
  } finally {
    scorer.close();
  }
  return scores;
}
