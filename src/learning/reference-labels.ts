import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { sha256 } from "../cascade/file/seal.ts";
import { IGNORED, type Question } from "../cascade/types.ts";
import { runtimeError } from "../errors.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { readNdjson } from "../sink/ndjson-reader.ts";
import type { Sink } from "../sink/sink.ts";
import type { Frame } from "../types.ts";

export interface LabelOptions {
  readonly source: string;
  /** Frames of it that are labelled. */
  readonly frames: number;
  readonly question: Question;
  readonly model: string;
  readonly devices: string;
  /** Where answers are kept, so that an interrupted labelling goes on; made where it is missing. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly sinks: readonly Sink[];
  readonly tell: (text: string) => void;
}

/**
 * Asks the reference model about every frame, on all devices at once. Answers are written as they
 * come: an interrupted labelling, or one that a full disk has ended, goes on after the last one.
 *
 * @returns 1 present, 0 absent, `IGNORED` where a frame got no answer, by frame
 * @throws {AipError} `interrupted`, or what the run throws
 */
export async function labelWithReference(options: LabelOptions): Promise<Uint8Array> {
  const { source, frames, question, model, devices, folder, signal, sinks } = options;
  await mkdir(folder, { recursive: true });
  const path = join(folder, "labels.ndjson");
  const { confidence, classes } = question;
  const pipeline = new Pipeline({
    sources: source,
    frames,
    model,
    devices,
    confidence,
    classes,
    output: path,
    resume: true,
    signal,
    sinks,
  });
  pipeline.events.on("note", options.tell);
  await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  if (signal.aborted) {
    const message = "Interrupted while frames were labelled: the same command goes on from there";
    throw runtimeError("interrupted", message);
  }
  return await readLabels(path, question, frames);
}

export interface ReferenceLabelOptions extends Omit<LabelOptions, "folder"> {
  /** Of the footage. */
  readonly fingerprint: string;
  readonly modelHash: string;
  /** Of the cache. Default: aip's own. */
  readonly cache?: string;
}

/**
 * As `labelWithReference`, in the place that this footage, model and question have in the cache:
 * what was labelled once is not labelled again.
 */
export async function referenceLabels(options: ReferenceLabelOptions): Promise<Uint8Array> {
  return await labelWithReference({ ...options, folder: learningFolder(options) });
}

/** Where labels and networks of some footage, model and question are kept. */
export function learningFolder(
  options: Pick<
    ReferenceLabelOptions,
    "fingerprint" | "frames" | "modelHash" | "question" | "cache"
  >,
): string {
  const { fingerprint, frames, modelHash, question, cache = cacheFolder() } = options;
  const key = sha256(JSON.stringify([fingerprint, frames, modelHash, question]));
  return join(cache, "cascades", key.slice(0, 24));
}

/**
 * Reads labels from NDJSON: results of a run, whose detections are looked at, or lines that say
 * themselves whether the object is `present` and whether the frame is to be `ignored`.
 *
 * @param frames of the footage; lines beyond are left out, frames without a line are ignored
 * @throws {AipError} `results-unreadable`, `results-malformed`
 */
export async function readLabels(
  path: string,
  question: Question,
  frames: number,
): Promise<Uint8Array> {
  const truth = new Uint8Array(frames).fill(IGNORED);
  for await (const frame of readNdjson(path)) {
    if (frame.frame < frames) truth[frame.frame] = labelOf(frame, question);
  }
  return truth;
}

/** 1 present, 0 absent, `IGNORED` where the frame has no answer. */
export function labelOf(frame: Frame, question: Question): number {
  if (frame.status !== "ok") return IGNORED;
  return Number(frame.detections.some((detection) => counts(detection, frame, question)));
}

function counts(
  { label, confidence, xyxy }: Frame["detections"][number],
  { width, height }: Frame,
  question: Question,
): boolean {
  if (confidence < question.confidence || !question.classes.includes(label)) return false;
  if (question.region === null) return true;
  const [x1, y1, x2, y2] = xyxy;
  const [x, y] = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height];
  const [left, top, right, bottom] = question.region;
  return x >= left && x <= right && y >= top && y <= bottom;
}
