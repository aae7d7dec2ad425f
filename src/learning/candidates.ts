import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../cascade/file/seal.ts";
import { AipError, runtimeError } from "../errors.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { replaceFile } from "../sink/replace-file.ts";
import { type Architecture, architectureName } from "../training/architectures.ts";
import { epochOrder } from "../training/epoch-order.ts";
import {
  DEFAULT_SETTINGS,
  type LabelledPictures,
  type TrainingSettings,
} from "../training/options.ts";
import type { TrainingProgress } from "../training/progress.ts";
import { trainNetwork } from "../training/train.ts";

/** Steps that a rare object needs: fewer pictures are seen more often. */
const STEPS_MIN = 5000;
const EPOCHS_MIN = 8;
const EPOCHS_MAX = 40;
/** Few appearances make the validation AUC jump from epoch to epoch. */
const PATIENCE = 6;

/** A trained network. */
export interface Candidate {
  readonly name: string;
  readonly side: number;
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
  /** Area under the ROC curve on the validation span. */
  readonly auc: number;
}

export interface CandidateOptions {
  readonly architecture: Architecture;
  readonly training: LabelledPictures;
  readonly validation: LabelledPictures;
  readonly seed: number;
  /** Where trained networks are kept, so that an interrupted training goes on. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (name: string, progress: TrainingProgress) => void;
}

/** How long a network is trained with pictures of these labels. */
export function trainingLength(labels: Uint8Array): Pick<TrainingSettings, "epochs" | "patience"> {
  const steps = Math.max(1, epochOrder(labels).length / DEFAULT_SETTINGS.batch);
  const epochs = Math.min(EPOCHS_MAX, Math.max(EPOCHS_MIN, Math.ceil(STEPS_MIN / steps)));
  return { epochs, patience: PATIENCE };
}

/** Sides of the pictures that candidates read. */
export function candidateSides(architectures: readonly Architecture[]): number[] {
  return [...new Set(architectures.map(({ side }) => side))];
}

/**
 * Trains a network, or takes the one an interrupted training has left: of the same pictures, labels,
 * architecture and seed it would be the same, bit by bit.
 *
 * @throws {AipError} `interrupted`, `training-collapsed`
 */
export async function trainCandidate(options: CandidateOptions): Promise<Candidate> {
  const { architecture, training, validation, seed, folder, signal, onProgress } = options;
  const name = architectureName(architecture);
  const path = join(folder, `network-${keyOf(options)}.json`);
  const known = await readKept(path);
  if (known !== null) return known;
  try {
    const trained = await trainNetwork({
      architecture,
      training,
      validation,
      seed,
      ...trainingLength(training.labels),
      signal,
      onProgress: (progress) => onProgress(name, progress),
    });
    const { model, manifest } = trained;
    const candidate = {
      name,
      side: architecture.side,
      model,
      manifest,
      auc: trained.validation.auc,
    };
    await mkdir(folder, { recursive: true });
    const kept = { ...candidate, model: Buffer.from(model).toString("base64") };
    await replaceFile(path, JSON.stringify(kept));
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
      trained[index] = await unlessHopeless(options[index] as CandidateOptions);
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

function keyOf({ architecture, training, validation, seed }: CandidateOptions): string {
  const content = [training, validation].flatMap(({ images, labels }) => [
    sha256(images),
    sha256(labels),
  ]);
  return sha256(JSON.stringify([architecture, DEFAULT_SETTINGS, seed, ...content])).slice(0, 16);
}

async function readKept(path: string): Promise<Candidate | null> {
  try {
    const kept = JSON.parse(await readFile(path, "utf8"));
    return { ...kept, model: new Uint8Array(Buffer.from(kept.model, "base64")) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
