import { cpus } from "node:os";
import manifest from "../../package.json" with { type: "json" };
import { modelHash } from "../backend/model-hash.ts";
import type { Cascade, FrameSpan } from "../cascade/file/cascade.ts";
import { checkTarget, saveCascade } from "../cascade/file/save.ts";
import { type Span, type Spans, splitSpans } from "../cascade/spans.ts";
import { type ErrorBudget, IGNORED, type Question } from "../cascade/types.ts";
import { resolveRunConfig } from "../config/schema.ts";
import { AipError, usageError } from "../errors.ts";
import { checkFixedCamera, differenceStatistics } from "../footage/statistics.ts";
import { referenceModel } from "../labelling/reference-model.ts";
import { suggestion } from "../nearest.ts";
import { loadModel } from "../pipeline/load-model.ts";
import type { Sink } from "../sink/sink.ts";
import { ARCHITECTURES, type Architecture, architectureName } from "../training/architectures.ts";
import type { TrainingProgress } from "../training/progress.ts";
import { frontOf, levelsOf, validationOf } from "./assemble.ts";
import {
  type Candidate,
  type CandidateOptions,
  candidateSides,
  trainCandidate,
} from "./candidates.ts";
import { analyseFactors, type Choice, chooseCascade, type Factor } from "./choice.ts";
import { checkClaim, checkWorthwhile } from "./claim.ts";
import { measureCosts, searchCosts } from "./costs.ts";
import { detectorKinds } from "./detector-kinds.ts";
import { type Footage, type FootageLimits, openFootage } from "./footage.ts";
import { packObservations } from "./observations.ts";
import { observe } from "./observe.ts";
import { labelsFor, learningFolder, referenceLabels } from "./reference-labels.ts";
import { sampleFrames, TRAINING_MAX, VALIDATION_MAX } from "./samples.ts";
import { readThumbnails, scoreFrames } from "./thumbnails.ts";

/** What happens next, and how many steps there are. */
export type TrainStage = "labels" | "thumbnails" | "training" | "scores" | "costs" | "search";

export interface TrainCascadeOptions {
  /** Stored footage: a video file or a demo scene with an end. */
  readonly source: string;
  readonly limits?: FootageLimits;
  readonly question: Question;
  /** The reference model. */
  readonly model: string;
  /** Devices the reference will run on; they are what is measured. */
  readonly devices: string;
  /** Devices that label, where others are quicker. Default: `devices`. */
  readonly labelDevices?: string;
  readonly budget: ErrorBudget;
  /** File with labels that take the place of the reference model's. */
  readonly labels?: string | undefined;
  readonly seed: number;
  /** Networks that are tried. Default: `ARCHITECTURES`. */
  readonly architectures?: readonly Architecture[];
  /** Folder to write. */
  readonly output: string;
  readonly signal: AbortSignal;
  readonly events: TrainEvents;
  /** Folder of the cache, where an interrupted training finds what it has. Default: aip's own. */
  readonly cache?: string | undefined;
}

/** What is told while it goes on. */
export interface TrainEvents {
  /** A stage begins. */
  readonly stage: (stage: TrainStage, text: string) => void;
  readonly tell: (text: string) => void;
  readonly training: (name: string, progress: TrainingProgress) => void;
  /** A sink that shows the progress of a pass over the footage. */
  readonly pass: (frames: number) => readonly Sink[];
}

/** A trained cascade, and what was seen on the way. */
export interface TrainedCascade {
  readonly cascade: Cascade;
  readonly choice: Choice;
  readonly candidates: readonly Candidate[];
  /** What the levels reach alone and together, for the same budget. */
  readonly factors: readonly Factor[];
}

/**
 * Trains a cascade on stored footage of a fixed camera and writes its file: labels, thumbnails,
 * networks, costs, search, bounds. Labels and networks are kept as they come; an interrupted
 * training goes on with them.
 *
 * @throws {AipError} category `usage` where the footage cannot support it (`claim-unsupported`,
 * `footage-too-short`, `object-absent`, `object-always-present`, `camera-moves`), where the
 * reference knows no such class, or the file cannot be written; `interrupted`
 */
export async function trainCascade(options: TrainCascadeOptions): Promise<TrainedCascade> {
  const { question, seed, output, signal, events, budget } = options;
  const { architectures = ARCHITECTURES } = options;
  await checkTarget(output);
  const reference = referenceOf(options);
  const footage = await openFootage(options.source, options.limits);
  const { cache } = options;
  const { fingerprint } = footage;
  const folder = learningFolder({ fingerprint, modelHash: reference.sha256, cache });
  const pass = () => ({
    source: footage.source,
    frames: footage.frames,
    signal,
    sinks: events.pass(footage.frames),
  });
  const truth = await labelsOf(options, footage, reference.sha256);
  const object = question.classes.join(" or ");
  const spans = splitSpans({ truth, fps: footage.fps, budget, object });

  events.stage(
    "thumbnails",
    `${footage.frames} frames at ${candidateSides(architectures).join(", ")} pixels`,
  );
  const training = sampleFrames(truth, spans.training, TRAINING_MAX, seed);
  const validation = sampleFrames(truth, spans.validation, VALIDATION_MAX, seed + 1);
  const chosen = Uint32Array.of(...training, ...validation);
  const read = await readThumbnails(pass(), question.region, chosen, candidateSides(architectures));
  checkFixedCamera(footage.name, differenceStatistics(read.luma, footage.fps));

  const candidates: Candidate[] = [];
  events.stage("training", `${training.length} pictures, ${architectures.length} networks`);
  for (const architecture of architectures) {
    const images = read.pictures.find(({ side }) => side === architecture.side)?.images;
    if (images === undefined) throw new RangeError(`no pictures of ${architecture.side} pixels`);
    const cut = training.length * 3 * architecture.side ** 2;
    const labels = Uint8Array.from(chosen, (frame) => truth[frame] as number);
    const candidate = await trainUnlessHopeless({
      architecture,
      training: { images: images.subarray(0, cut), labels: labels.subarray(0, training.length) },
      validation: { images: images.subarray(cut), labels: labels.subarray(training.length) },
      seed,
      folder,
      signal,
      onProgress: events.training,
    });
    if (candidate === null) {
      events.tell(`${architectureName(architecture)} has learnt nothing, and is left out`);
    } else {
      events.tell(`${candidate.name}: AUC ${candidate.auc.toFixed(4)} on the validation span`);
      candidates.push(candidate);
    }
  }

  events.stage("scores", `of ${candidates.length} networks`);
  const from = spans.tuning.from;
  const scores =
    candidates.length === 0 ? [] : await scoreFrames(pass(), question.region, candidates, from);
  const kinds = detectorKinds({ luma: read.luma, truth, span: spans.training, fps: footage.fps });

  events.stage("costs", "of every level, while the others run");
  const measured = await measureCosts({
    source: footage.source,
    geometry: footage.geometry,
    question,
    model: options.model,
    devices: options.devices,
    cores: cpus().length,
    blocks: kinds.find((kind) => kind.blocks !== null)?.blocks ?? null,
    networks: candidates,
    signal,
  });

  events.stage("search", "networks × thresholds × t_diff × t_skip");
  const observations = kinds.map((kind) =>
    observe({
      luma: read.luma,
      truth,
      kind,
      fps: footage.fps,
      spans,
      networks: candidates.map(({ name }, index) => ({
        name,
        scores: scores[index] as Float32Array,
      })),
    }),
  );
  const costs = searchCosts(measured.costs);
  const networks = candidates.map(({ name }, index) => ({
    name,
    networkMs: measured.networks[index]?.mean ?? 0,
  }));
  const choice = chooseCascade(observations, { networks, costs, budget });
  const context = { object, fps: footage.fps, frames: spans.heldOut.to - spans.heldOut.from };
  checkClaim(choice.optimized, context);
  checkWorthwhile(choice.optimized, context);

  const point = choice.optimized.chosen.tuning.point;
  const index = candidates.findIndex(({ name }) => name === point.network?.name);
  const network = candidates[index] ?? null;
  const cascade: Cascade = {
    question,
    levels: levelsOf(choice, network),
    networkManifest: network?.manifest ?? null,
    camera: { width: footage.geometry.width, height: footage.geometry.height },
    reference,
    budgets: { maxFn: budget.falseNegatives, maxFp: budget.falsePositives },
    costs: { ...measured.costs, network: measured.networks[index] ?? NOTHING },
    validation: validationOf(choice.optimized.chosen, costs),
    provenance: {
      trainedAt: new Date().toISOString(),
      aip: manifest.version,
      machine: {
        platform: `${process.platform} ${process.arch}`,
        cpu: cpus()[0]?.model ?? "unknown",
        cores: cpus().length,
      },
      footage: {
        name: footage.name,
        fingerprint: footage.fingerprint.id,
        frames: footage.frames,
        fps: footage.fps,
      },
      spans: spansOf(spans),
      labels: options.labels ?? "reference model",
      architecture: network?.name ?? null,
      seed,
    },
    observations: packObservations(onlyNetwork(choice.observations, network?.name ?? null)),
    front: frontOf(choice, costs, question),
  };
  await saveCascade(output, cascade);
  const factors = analyseFactors(choice.observations, { networks, costs, budget });
  return { cascade, choice, candidates, factors };
}

const NOTHING = { mean: 0, low: 0, high: 0 };

/** Null where a network has learnt nothing: the other levels may do without. */
async function trainUnlessHopeless(options: CandidateOptions): Promise<Candidate | null> {
  try {
    return await trainCandidate(options);
  } catch (error) {
    if (error instanceof AipError && error.code === "training-collapsed") return null;
    throw error;
  }
}

/** The reference model: the devices' own where they name one, as simulated ones do. */
function referenceOf({ model, devices, question }: TrainCascadeOptions): Cascade["reference"] {
  const { spec } = loadModel(referenceModel(model, devices), resolveRunConfig({}));
  const unknown = question.classes.find((name) => !spec.labels.includes(name));
  if (unknown !== undefined) {
    const known = suggestion(unknown, spec.labels);
    const message = `The reference model "${spec.name}" knows no class "${unknown}"${known}`;
    throw usageError("class-unknown", message);
  }
  return { name: spec.name, sha256: modelHash(spec.path) };
}

async function labelsOf(
  options: TrainCascadeOptions,
  footage: Footage,
  modelHash: string,
): Promise<Uint8Array> {
  const { question, labels, events, model, signal, cache } = options;
  const { source, frames, fingerprint } = footage;
  if (labels !== undefined) {
    events.stage("labels", `from "${labels}"`);
    const truth = await labelsFor(labels, question, footage);
    checkLabels(labels, truth, footage);
    return truth;
  }
  const devices = options.labelDevices ?? options.devices;
  events.stage("labels", `${frames} frames by the reference model on ${devices}`);
  return await referenceLabels({
    source,
    fingerprint,
    frames,
    question,
    model,
    modelHash,
    devices,
    signal,
    sinks: events.pass(frames),
    tell: events.tell,
    cache,
  });
}

/** Labels of other footage have other frames. */
function checkLabels(path: string, truth: Uint8Array, { name, frames }: Footage): void {
  const known = truth.reduce((count, is) => count + Number(is !== IGNORED), 0);
  if (known >= frames / 2) return;
  throw usageError(
    "labels-other-footage",
    `The labels in "${path}" are of other footage: they say something about ${known} of the ` +
      `${frames} frames of "${name}"`,
  );
}

function spansOf({ training, validation, tuning, heldOut }: Spans): Cascade["provenance"]["spans"] {
  const span = ({ from, to }: Span): FrameSpan => ({ start: from, end: to });
  return {
    training: span(training),
    validation: span(validation),
    tuning: span(tuning),
    heldOut: span(heldOut),
  };
}

/** The file keeps the scores of its own network alone. */
function onlyNetwork(
  observations: Choice["observations"],
  name: string | null,
): Choice["observations"] {
  const kept = observations.networks.flatMap((known, index) => (known === name ? [index] : []));
  const only = (span: Choice["observations"]["tuning"]) => ({
    ...span,
    scores: kept.map((index) => span.scores[index] as Float32Array),
  });
  return {
    ...observations,
    networks: kept.map((index) => observations.networks[index] as string),
    tuning: only(observations.tuning),
    heldOut: only(observations.heldOut),
  };
}
