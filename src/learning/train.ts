import { cpus } from "node:os";
import type { Cascade } from "../cascade/file/cascade.ts";
import { checkTarget, saveCascade } from "../cascade/file/save.ts";
import { splitSpans } from "../cascade/spans.ts";
import type { ErrorBudget, Question } from "../cascade/types.ts";
import { ARCHITECTURES, type Architecture } from "../training/architectures.ts";
import { assembleCascade } from "./assemble.ts";
import type { Candidate } from "./candidates.ts";
import { analyseFactors, type Choice, chooseCascade, type Factor } from "./choice.ts";
import { measureCosts, searchCosts } from "./costs.ts";
import { detectorKinds } from "./detector-kinds.ts";
import { checkSpreadView } from "./fixed-view.ts";
import { type Footage, type FootageLimits, openFootage } from "./footage.ts";
import { labelsFor } from "./imported-labels.ts";
import { learnNetworks } from "./learn-networks.ts";
import { observe } from "./observe.ts";
import { referenceOf } from "./reference.ts";
import { learningFolder, referenceLabels } from "./reference-labels.ts";
import type { TrainEvents } from "./train-events.ts";

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
  /** Number of the first frame in the names of a COCO file of labels, where it is known. */
  readonly labelsFrom?: number | undefined;
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

/** A trained cascade, and what was seen on the way. */
export interface TrainedCascade {
  readonly cascade: Cascade;
  readonly choice: Choice;
  readonly candidates: readonly Candidate[];
  /** What the levels reach alone and together, for the same budget. */
  readonly factors: readonly Factor[];
}

/**
 * Refuses what needs no footage to be refused: a target that cannot be written, a reference model
 * that cannot be read or knows no such class.
 *
 * @returns the reference model, and the question with its classes by name
 * @throws {AipError} as `checkTarget` and `referenceOf`
 */
export async function checkTraining({
  output,
  model,
  devices,
  question,
}: Pick<TrainCascadeOptions, "output" | "model" | "devices" | "question">): Promise<{
  readonly reference: Cascade["reference"];
  readonly question: Question;
}> {
  await checkTarget(output);
  const { reference, classes } = referenceOf(model, devices, question);
  return { reference, question: { ...question, classes } };
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
export async function trainCascade(asked: TrainCascadeOptions): Promise<TrainedCascade> {
  const { reference, question } = await checkTraining(asked);
  const options = { ...asked, question };
  const { budget, events, architectures = ARCHITECTURES, cache } = options;
  const footage = await openFootage(options.source, options.limits);
  const { fingerprint, fps } = footage;
  const elsewhere = await checkSpreadView(footage, asked.signal);
  if (elsewhere !== null) events.tell(elsewhere);
  const truth = await truthOf(options, footage, reference.sha256);
  const object = question.classes.join(" or ");
  const spans = splitSpans({ truth, fps, budget, object });
  const folder = learningFolder({ fingerprint, modelHash: reference.sha256, cache });
  const { region } = question;
  const learnt = await learnNetworks({
    ...options,
    ...{ footage, truth, spans, region, architectures, folder },
  });
  const { luma, networks } = learnt;
  const kinds = detectorKinds({ luma, truth, span: spans.training, fps });

  events.stage("costs", "of every level, while the others run");
  const blocks = kinds.find((kind) => kind.blocks !== null)?.blocks ?? null;
  const { geometry } = footage;
  const cores = cpus().length;
  const measured = await measureCosts({ ...options, geometry, cores, blocks, networks });

  events.stage("search", "networks × thresholds × t_diff × t_skip");
  const costs = searchCosts(measured.costs);
  const candidates = networks.map(({ name }, index) => ({
    name,
    networkMs: measured.networks[index]?.mean ?? 0,
  }));
  // One for each kind, the choice, and what each level saves.
  const parts = kinds.length + 2;
  const observations = kinds.map((kind, index) => {
    const observed = observe({ luma, truth, kind, fps, spans, networks });
    events.searched?.(index + 1, parts);
    return observed;
  });
  const search = { networks: candidates, costs, budget };
  const choice = chooseCascade(observations, search, { object, fps, frames: footage.frames });
  events.searched?.(parts - 1, parts);
  const factors = analyseFactors(choice.observations, search);

  const cascade = assembleCascade({
    ...options,
    ...{ choice, factors, networks, measured, footage, spans, reference },
  });
  await saveCascade(options.output, cascade);
  return { cascade, choice, candidates: networks, factors };
}

/** What is true of each frame: 1 present, 0 absent, `IGNORED`. */
async function truthOf(
  options: TrainCascadeOptions,
  { source, frames, fingerprint }: Footage,
  modelHash: string,
): Promise<Uint8Array> {
  const { question, labels, labelsFrom: firstNumber, events } = options;
  if (labels !== undefined) {
    events.stage("labels", `from "${labels}"`);
    const { tell } = events;
    return await labelsFor(
      labels,
      question,
      { source, fingerprint, frames },
      { firstNumber, mustShow: true, tell },
    );
  }
  const devices = options.labelDevices ?? options.devices;
  events.stage("labels", `${frames} frames by the reference model on ${devices}`);
  return await referenceLabels({
    ...options,
    ...{ source, fingerprint, frames, modelHash, devices },
    sinks: events.pass(frames),
    tell: events.tell,
    onStart: events.labelling,
  });
}
