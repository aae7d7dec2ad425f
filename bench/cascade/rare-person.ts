import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { truthPathOf, writeDemoVideo } from "../../scripts/demo-video.ts";
import { modelHash } from "../../src/backend/model-hash.ts";
import type { Question } from "../../src/cascade/types.ts";
import { AipError } from "../../src/errors.ts";
import { type Agreement, agreementWith, runCascade } from "../../src/learning/evaluate.ts";
import { openFootage } from "../../src/learning/footage.ts";
import { labelsFor } from "../../src/learning/imported-labels.ts";
import { referenceLabels } from "../../src/learning/reference-labels.ts";
import { type TrainedCascade, trainCascade } from "../../src/learning/train.ts";
import { resolveModel } from "../../src/model/catalog.ts";
import { ARCHITECTURES } from "../../src/training/architectures.ts";
import type { BenchmarkOptions } from "../benchmark.ts";
import { SpanMeter } from "./span-meter.ts";

/**
 * The scene: two hours of a fixed camera on a quiet street at 15 frames a second, somebody there in a
 * fiftieth of the frames, for a second each time: errors are bounded by appearances, and a network
 * learns from them, not from frames. In a quick run six minutes, and so often that there is something to
 * learn.
 */
const sceneOf = (quick: boolean): string =>
  `demo:visitors=${quick ? 0.2 : 0.022}:stay=1:density=0.1:fps=15:frames=${framesOf(quick)}`;
const FPS = 15;
/**
 * Constant rate factor of the rare person's video: 0.11 Mbit/s. At 28 the reference itself misses 1 % of
 * the visitors, at night and far away; no cascade errs less than what it learns from. At 21 it takes
 * four times the bits, for the camera's noise, and three times as long to decode.
 */
const CRF = 24;
/** Where people walk, as shares of the picture: farther off the detector takes cars for people. */
const REGION = [0, 0.6, 1, 1] as const;
/** The reference: the demo model, padded to 80 ms a frame. */
export const REFERENCE = "sim:80ms:model=demo";
/** What labels: the same model on the devices that are quickest. */
const LABELLING = "cpu";
/** Tried in turns where the footage does not support less. */
const BUDGETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

export const QUESTION: Question = { classes: ["person"], confidence: 0.4, region: REGION };

function framesOf(quick: boolean): number {
  return (quick ? 6 : 120) * 60 * FPS;
}

/** The camera's footage and what is true of it. */
export interface RareFootage {
  readonly video: string;
  readonly truth: string;
}

/** Makes the footage, once: the folder keeps it. */
export async function rareFootage(
  folder: string,
  { quick, progress }: BenchmarkOptions,
): Promise<RareFootage> {
  // By its name a video of another scene is another one.
  const video = join(folder, `${sceneOf(quick).replaceAll(":", "-")}-crf${CRF}.mp4`);
  await mkdir(folder, { recursive: true });
  if (!existsSync(video)) {
    progress(`making ${framesOf(quick)} frames of the demo scene`);
    await writeDemoVideo({ path: video, source: sceneOf(quick), crf: CRF });
  }
  return { video, truth: truthPathOf(video) };
}

/** Where its cascade is kept. */
export function cascadeOf(folder: string, { quick }: BenchmarkOptions): string {
  return join(folder, quick ? "quick.aip" : "rare.aip");
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

/** Trains and tunes on the first part; the last one is held out. */
export function trainRare(
  footage: RareFootage,
  folder: string,
  options: BenchmarkOptions,
): Promise<Supported | readonly string[]> {
  return trainSupported(
    {
      source: footage.video,
      question: QUESTION,
      model: "demo",
      devices: REFERENCE,
      labelDevices: LABELLING,
      output: cascadeOf(folder, options),
      cache: join(folder, "cache"),
      ...(options.quick && { architectures: ARCHITECTURES.slice(0, 2) }),
    },
    options,
  );
}

/** What a cascade did on the rest, against the reference model and against the ground truth. */
export interface RestFigures {
  readonly rest: SpanMeter;
  readonly reference: Agreement;
  readonly truth: Agreement;
}

/** Runs the cascade over all of it, and looks at what nothing was learnt from. */
export async function evaluateRest(
  footage: RareFootage,
  folder: string,
  first: number,
  options: BenchmarkOptions,
): Promise<RestFigures> {
  const { progress } = options;
  const signal = new AbortController().signal;
  const opened = await openFootage(footage.video);
  const { fps, frames, fingerprint } = opened;
  const labels = await referenceLabels({
    source: footage.video,
    fingerprint,
    frames,
    question: QUESTION,
    model: "demo",
    modelHash: modelHash(resolveModel("demo").path),
    devices: LABELLING,
    signal,
    sinks: [],
    tell: progress,
    cache: join(folder, "cache"),
  });
  progress("the cascade on all of it");
  const rest = new SpanMeter(first);
  const run = await runCascade({
    cascade: cascadeOf(folder, options),
    video: footage.video,
    model: "demo",
    devices: REFERENCE,
    signal,
    sinks: [rest],
  });
  const answers = { present: run.present.subarray(first), scores: run.scores.subarray(first) };
  const truth = await labelsFor(footage.truth, QUESTION, opened);
  return {
    rest,
    reference: agreementWith(answers, labels.subarray(first), fps),
    truth: agreementWith(answers, truth.subarray(first), fps),
  };
}
