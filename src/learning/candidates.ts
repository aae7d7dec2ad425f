import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../cascade/file/seal.ts";
import { runtimeError } from "../errors.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { replaceFile } from "../sink/replace-file.ts";
import { type Architecture, architectureName } from "../training/architectures.ts";
import type { LabelledPictures, TrainingSettings } from "../training/options.ts";
import type { TrainingProgress } from "../training/progress.ts";
import { trainNetwork } from "../training/train.ts";

/** Steps that a rare object needs: fewer pictures are seen more often. */
const STEPS_MIN = 2500;
const EPOCHS_MIN = 6;
const EPOCHS_MAX = 30;
const BATCH = 16;
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

/** How long a network is trained with so many pictures. */
export function trainingLength(pictures: number): Pick<TrainingSettings, "epochs" | "patience"> {
  const steps = Math.max(1, pictures / BATCH);
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
      ...trainingLength(training.labels.length),
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

function keyOf({ architecture, training, validation, seed }: CandidateOptions): string {
  const content = [training, validation].flatMap(({ images, labels }) => [
    sha256(images),
    sha256(labels),
  ]);
  return sha256(JSON.stringify([architecture, seed, ...content])).slice(0, 16);
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
