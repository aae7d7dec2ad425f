import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { truthPathOf, writeDemoVideo } from "../../scripts/demo-video.ts";
import type { Question } from "../../src/cascade/types.ts";
import { AipError } from "../../src/errors.ts";
import {
  type Agreement,
  agreementWith,
  type CascadeRun,
  runCascade,
} from "../../src/learning/evaluate.ts";
import { openFootage } from "../../src/learning/footage.ts";
import { labelsFor } from "../../src/learning/imported-labels.ts";
import { referenceLabels } from "../../src/learning/reference-labels.ts";
import { type TrainedCascade, trainCascade } from "../../src/learning/train.ts";
import { ARCHITECTURES } from "../../src/training/architectures.ts";
import type { BenchmarkOptions } from "../benchmark.ts";

/**
 * The scene: a fixed camera at 15 frames a second, somebody there in a fiftieth of the frames; in a
 * quick run so often that there is something to learn.
 */
const sceneOf = (quick: boolean): string => `visitors=${quick ? 0.2 : 0.02}:stay=2:fps=15`;
const FPS = 15;
/** Where people walk, as shares of the picture. */
const REGION = [0, 0.6, 1, 1] as const;
/** The reference: the demo model, padded to 80 ms a frame. */
export const REFERENCE = "sim:80ms:model=demo";
/** What labels: the same model on the devices that are quickest. */
const LABELLING = "cpu";
/** Tried in turns where the footage does not support less. */
const BUDGETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

export const QUESTION: Question = { classes: ["person"], confidence: 0.5, region: REGION };

/** Frames of the footage that is learnt from, and of that which follows. */
export function framesOf(quick: boolean): { readonly learnt: number; readonly rest: number } {
  const minutes = quick ? { learnt: 5, rest: 2 } : { learnt: 60, rest: 60 };
  return { learnt: minutes.learnt * 60 * FPS, rest: minutes.rest * 60 * FPS };
}

/** The camera's footage as two files: what is learnt from, and what comes after it. */
export interface RareFootage {
  readonly learnt: string;
  readonly rest: string;
  readonly restTruth: string;
}

/** Makes the footage, once: the folder keeps it. */
export async function rareFootage(
  folder: string,
  { quick, progress }: BenchmarkOptions,
): Promise<RareFootage> {
  const { learnt, rest } = framesOf(quick);
  await mkdir(folder, { recursive: true });
  const make = async (name: string, start: number, frames: number): Promise<string> => {
    const path = join(folder, `${name}-${start}-${frames}.mp4`);
    if (existsSync(path)) return path;
    progress(`making ${frames} frames of the demo scene`);
    await writeDemoVideo({
      path,
      source: `demo:${sceneOf(quick)}:start=${start}:frames=${frames}`,
    });
    return path;
  };
  const first = await make(quick ? "often" : "rare", 0, learnt);
  const second = await make(quick ? "often" : "rare", learnt, rest);
  return { learnt: first, rest: second, restTruth: truthPathOf(second) };
}

/** A cascade within the strictest budget that the footage supports, and what was refused before. */
export interface Supported {
  readonly trained: TrainedCascade;
  readonly budget: number;
  readonly refusals: readonly string[];
}

/** Trains within 1 % or, where that is refused, within the next that is not. */
export async function trainSupported(
  options: Omit<Parameters<typeof trainCascade>[0], "budget" | "signal" | "events" | "seed">,
  { progress }: BenchmarkOptions,
): Promise<Supported | readonly string[]> {
  const refusals: string[] = [];
  for (const rate of BUDGETS) {
    progress(`training within ${100 * rate} %`);
    try {
      const trained = await trainCascade({
        ...options,
        budget: { falseNegatives: rate, falsePositives: rate },
        seed: 1,
        signal: new AbortController().signal,
        events: {
          stage: (stage, text) => progress(`${stage}: ${text}`),
          tell: progress,
          training: () => undefined,
          pass: () => [],
          read: () => undefined,
        },
      });
      return { trained, budget: rate, refusals };
    } catch (error) {
      if (!(error instanceof AipError && error.category === "usage")) throw error;
      refusals.push(`refused within ${100 * rate} %: ${error.message}`);
      if (error.code !== "claim-unsupported" && error.code !== "footage-too-short") break;
    }
  }
  return refusals;
}

/** Trains on the first part. */
export function trainRare(
  footage: RareFootage,
  folder: string,
  options: BenchmarkOptions,
): Promise<Supported | readonly string[]> {
  return trainSupported(
    {
      source: footage.learnt,
      question: QUESTION,
      model: "demo",
      devices: REFERENCE,
      labelDevices: LABELLING,
      output: join(folder, options.quick ? "quick.aip" : "rare.aip"),
      cache: join(folder, "cache"),
      ...(options.quick && { architectures: ARCHITECTURES.slice(0, 2) }),
    },
    options,
  );
}

/** What a cascade did on the rest, against the reference model and against the ground truth. */
export interface RestFigures {
  readonly run: CascadeRun;
  readonly reference: Agreement;
  readonly truth: Agreement;
}

export async function evaluateRest(
  footage: RareFootage,
  folder: string,
  { quick, progress }: BenchmarkOptions,
): Promise<RestFigures> {
  const signal = new AbortController().signal;
  const rest = await openFootage(footage.rest);
  progress("the reference model labels the rest, to compare with");
  const { modelHash } = await import("../../src/backend/model-hash.ts");
  const { resolveModel } = await import("../../src/model/catalog.ts");
  const labels = await referenceLabels({
    source: footage.rest,
    fingerprint: rest.fingerprint,
    frames: rest.frames,
    question: QUESTION,
    model: "demo",
    modelHash: modelHash(resolveModel("demo").path),
    devices: LABELLING,
    signal,
    sinks: [],
    tell: progress,
    cache: join(folder, "cache"),
  });
  progress("the cascade on the rest");
  const cascade = join(folder, quick ? "quick.aip" : "rare.aip");
  const options = { cascade, video: footage.rest, model: "demo", devices: REFERENCE, signal };
  const run = await runCascade(options);
  const truth = await labelsFor(footage.restTruth, QUESTION, rest);
  return {
    run,
    reference: agreementWith(run, labels, rest.fps),
    truth: agreementWith(run, truth, rest.fps),
  };
}
