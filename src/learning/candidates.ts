import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { sha256 } from "../cascade/file/seal.ts";
import { AipError, runtimeError } from "../errors.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { type Architecture, architectureName, operationCount } from "../training/architectures.ts";
import { epochOrder } from "../training/epoch-order.ts";
import {
  DEFAULT_SETTINGS,
  type LabelledPictures,
  type TrainingSettings,
} from "../training/options.ts";
import type { TrainingProgress } from "../training/progress.ts";
import { trainNetwork } from "../training/train.ts";
import { keepNetwork, readKeptNetwork } from "./kept-network.ts";

/** Steps that a rare object needs: fewer pictures are seen more often. */
const STEPS_MIN = 8000;
const EPOCHS_MIN = 8;
const EPOCHS_MAX = 40;
/** Few appearances make the validation AUC jump from epoch to epoch. */
const PATIENCE = 6;
/** Fitted to the five `ARCHITECTURES`: 0.118 ms a million operations, 0.162 ms a thousand pixels. */
const WORK_PER_PIXEL = 1400;

/** Of `Candidate`, as it is kept: networks of another format are trained again. */
const KEPT_FORMAT = 2;

/** A trained network. */
export interface Candidate {
  readonly name: string;
  readonly side: number;
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
  /** Mean weighted cross-entropy on the validation span. */
  readonly loss: number;
  /** Area under the ROC curve there. */
  readonly auc: number;
}

/** What a network comes from. */
export interface NetworkOrigin {
  readonly architecture: Architecture;
  readonly training: LabelledPictures;
  readonly validation: LabelledPictures;
  readonly seed: number;
}

export interface CandidateOptions extends NetworkOrigin {
  /** Where trained networks are kept, so that an interrupted training goes on. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (name: string, progress: TrainingProgress) => void;
  /** Told of a kept network that cannot be used. */
  readonly onNote: (text: string) => void;
  /** Told what came of it; null where it has learnt nothing. */
  readonly onDone?: (trained: Candidate | null) => void;
}

/** How long a network is trained with pictures of these labels. @param stepsMin at least */
export function trainingLength(
  labels: Uint8Array,
  stepsMin: number = STEPS_MIN,
): Pick<TrainingSettings, "epochs" | "patience"> {
  const steps = Math.max(1, epochOrder(labels).length / DEFAULT_SETTINGS.batch);
  const epochs = Math.min(EPOCHS_MAX, Math.max(EPOCHS_MIN, Math.ceil(stepsMin / steps)));
  return { epochs, patience: PATIENCE };
}

/**
 * What training costs with one picture, in operations of an answer: steps go with the answer's own, changing
 * pictures goes with their size.
 */
export function trainingWork(architecture: Architecture): number {
  return operationCount(architecture) + WORK_PER_PIXEL * architecture.side ** 2;
}

/** Sides of the pictures that candidates read. */
export function candidateSides(architectures: readonly Architecture[]): number[] {
  return [...new Set(architectures.map(({ side }) => side))];
}

/**
 * Trains a network, or takes the one an interrupted training has left: of the same pictures, labels,
 * architecture, seed and aip it would be the same, bit by bit. A damaged one is trained again.
 *
 * @throws {AipError} `interrupted`, `training-collapsed`
 */
export async function trainCandidate(options: CandidateOptions): Promise<Candidate> {
  const { architecture, training, validation, seed, folder, signal } = options;
  const name = architectureName(architecture);
  const path = join(folder, `network-${networkKey(options)}.json`);
  const known = await readKeptNetwork(path);
  if (known === "damaged") options.onNote(`"${path}" is damaged: ${name} is trained again`);
  else if (known !== null) return known;
  try {
    const trained = await trainNetwork({
      architecture,
      training,
      validation,
      seed,
      ...trainingLength(training.labels),
      signal,
      onProgress: (progress) => options.onProgress(name, progress),
    });
    const { model, manifest } = trained;
    const { loss, auc } = trained.validation;
    const candidate = { name, side: architecture.side, model, manifest, loss, auc };
    await keepNetwork(folder, path, candidate);
    return candidate;
  } catch (cause) {
    if (!signal.aborted) throw cause;
    const message = "Interrupted while networks were trained: the same command goes on from there";
    throw runtimeError("interrupted", message, cause);
  }
}

/**
 * Trains several networks, as many at the same time as there are threads for them: each takes one.
 *
 * @returns one for each, in their order; null where it has learnt nothing: others may have
 * @throws {AipError} `interrupted`
 */
export async function trainCandidates(
  options: readonly CandidateOptions[],
  threads: number,
): Promise<(Candidate | null)[]> {
  const trained: (Candidate | null)[] = options.map(() => null);
  let next = 0;
  const trainOn = async (): Promise<void> => {
    for (let index = next++; index < options.length; index = next++) {
      const option = options[index] as CandidateOptions;
      const candidate = await unlessHopeless(option);
      trained[index] = candidate;
      option.onDone?.(candidate);
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, options.length) }, trainOn));
  return trained;
}

async function unlessHopeless(options: CandidateOptions): Promise<Candidate | null> {
  try {
    return await trainCandidate(options);
  } catch (error) {
    if (error instanceof AipError && error.code === "training-collapsed") return null;
    const isSystemError = error instanceof Error && "syscall" in error;
    if (!isSystemError) throw error;
    const cure = "the same command goes on from there";
    const message = `Cannot keep networks in "${options.folder}": ${reasonOf(error)}; ${cure}`;
    throw runtimeError("networks-unwritable", message, error);
  }
}

/** Tells networks apart: all that decides what is trained. @param aip its version */
export function networkKey(
  { architecture, training, validation, seed }: NetworkOrigin,
  aip: string = packageJson.version,
): string {
  const content = [training, validation].flatMap(({ images, labels }) => [
    sha256(images),
    sha256(labels),
  ]);
  const settings = { ...DEFAULT_SETTINGS, ...trainingLength(training.labels) };
  const made = [KEPT_FORMAT, aip, architecture, settings, seed];
  return sha256(JSON.stringify([...made, ...content])).slice(0, 16);
}
