import { modelHash } from "../backend/model-hash.ts";
import type { Cascade, ErrorRate } from "../cascade/file/cascade.ts";
import { checkCamera, checkReference } from "../cascade/file/fit.ts";
import { loadCascade } from "../cascade/file/load.ts";
import { type CascadePromise, cascadePromise } from "../cascade/promise.ts";
import type { Question } from "../cascade/types.ts";
import type { RunConfig } from "../config/run-config.ts";
import { usageError } from "../errors.ts";
import type { PixelReader } from "./ingest-size.ts";
import type { Opened } from "./opened.ts";
import type { ScreenPlan } from "./screen.ts";

/** A cascade as a run uses it. */
export interface RunCascade {
  /** Path of its file, or another name for people. */
  readonly name: string;
  readonly question: Question;
  readonly screen: ScreenPlan;
  /** What its answers are held to while it runs. */
  readonly promise: CascadePromise;
  /** What its file says besides; null where it has none. */
  readonly file: Cascade | null;
}

/** @throws {AipError} category `usage`, where the file is no cascade, or no whole one */
export async function openCascade(path: string): Promise<RunCascade> {
  return runCascadeOf(path, await loadCascade(path));
}

/** The cascade of a file as a run uses it. */
export function runCascadeOf(name: string, file: Cascade): RunCascade {
  const { question, levels } = file;
  const screen = { kind: "cascade", levels, region: question.region } as const;
  return { name, question, screen, promise: promiseOf(file), file };
}

/** The same cascade, whose network only says no: what it takes for present is left to the reference. */
export function confirmed(cascade: RunCascade): RunCascade {
  const { screen } = cascade;
  if (screen.kind !== "cascade" || screen.levels.network === null) return cascade;
  const levels = { ...screen.levels, network: { ...screen.levels.network, cHigh: 1 } };
  return { ...cascade, screen: { ...screen, levels } };
}

/** What a cascade's validation says of the frames it answers early. */
export function promiseOf({ validation }: Pick<Cascade, "validation">): CascadePromise {
  const { early, falseNegatives, falsePositives } = validation;
  const bounded = ({ count: errors, of: trials, bound: upper }: ErrorRate) => {
    return { errors, trials, upper };
  };
  return cascadePromise({
    falseNegatives: bounded(falseNegatives),
    falsePositives: bounded(falsePositives),
    early,
  });
}

/**
 * The configuration of a run with a cascade: the reference model gives every detection that counts
 * for its question.
 *
 * @throws {AipError} `cascade-question` where thresholds or classes would leave some out
 */
export function withCascade(config: RunConfig, { question }: RunCascade): RunConfig {
  const { confidence = question.confidence, classes, ingest } = config;
  if (confidence > question.confidence) {
    throw unasked(
      `counts detections from a confidence of ${question.confidence} on, and --confidence ` +
        `${confidence} leaves some of them out: give ${question.confidence} or less, or nothing`,
    );
  }
  const missing = question.classes.filter((label) => classes?.includes(label) === false);
  if (missing.length > 0) {
    throw unasked(`asks for ${missing.join(", ")}, and --classes leaves that out: add it`);
  }
  if (ingest === "scaled") {
    throw unasked("looks at frames of their own size: leave out --ingest scaled");
  }
  return { ...config, confidence, ingest: "native" };
}

/**
 * Every how many frames of a video need their pixels: those that are looked at, where nobody else
 * wants any. An audit, or a device that takes no late frames, may want those of any frame.
 */
export function pixelsEvery(
  { screen }: RunCascade,
  { audit, deadline, drop = "never" }: RunConfig,
  readers: readonly PixelReader[],
): number {
  const isFree = audit === 0 && deadline === undefined && drop === "never";
  if (screen.kind !== "cascade" || !isFree) return 1;
  return readers.every(({ pixels }) => pixels === "none") ? screen.levels.tSkip : 1;
}

/**
 * Refuses what the cascade was not trained for: pictures of another size, another reference model.
 *
 * @throws {AipError} `cascade-camera`, `cascade-model`
 */
export function checkFit(
  { file, question }: RunCascade,
  { sources, models, instances }: Pick<Opened, "sources" | "models" | "instances">,
): void {
  for (const { name, info } of file === null ? [] : sources) {
    checkCamera(file as Cascade, name, info.geometry);
  }
  for (const { spec } of models) {
    const sha256 = modelHash(spec.path);
    if (file !== null) checkReference(file, { name: spec.name, sha256 });
    const unknown = question.classes.filter((label) => !spec.labels.includes(label));
    if (unknown.length === 0) continue;
    throw usageError(
      "cascade-model",
      `The cascade asks for ${unknown.join(", ")}, and "${spec.name}" knows no such class`,
    );
  }
  const idle = instances.find(({ task }) => task.model === null);
  if (file === null || idle === undefined) return;
  throw usageError(
    "cascade-model",
    `Device ${idle.id} runs no model, so it cannot answer what the cascade leaves to the ` +
      `reference model: give it one, as in sim:80ms:model=${file.reference.name}`,
  );
}

function unasked(what: string): Error {
  return usageError("cascade-question", `The cascade ${what}`);
}
