import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cacheFolder } from "../cache-folder.ts";
import { sha256 } from "../cascade/file/seal.ts";
import { importLabels } from "../cascade/labels/import.ts";
import { LabelStore } from "../cascade/labels/store.ts";
import { IGNORED, type Question } from "../cascade/types.ts";
import { runtimeError, usageError } from "../errors.ts";
import type { Fingerprint } from "../footage/fingerprint.ts";
import { labelFootage } from "../labelling/label-footage.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { parseNdjsonLine } from "../sink/ndjson-reader.ts";
import type { Sink } from "../sink/sink.ts";
import type { Frame } from "../types.ts";

export interface LabelOptions {
  readonly source: string;
  readonly fingerprint: Fingerprint;
  /** Frames of it that are labelled. */
  readonly frames: number;
  readonly question: Question;
  readonly model: string;
  readonly modelHash: string;
  readonly devices: string;
  readonly signal: AbortSignal;
  readonly sinks: readonly Sink[];
  readonly tell: (text: string) => void;
  /** Folder of the cache. Default: aip's own. */
  readonly cache?: string | undefined;
}

/**
 * What the reference model says about every frame, asked on all devices at once. Its answers are
 * kept: what was labelled once, for whatever question, is not labelled again, and an interrupted
 * labelling goes on.
 *
 * @returns 1 present, 0 absent, `IGNORED` where a frame got no answer, by frame
 * @throws {AipError} `interrupted`, or what labelling throws
 */
export async function referenceLabels(options: LabelOptions): Promise<Uint8Array> {
  const { source, frames, question, model, devices, signal, sinks, tell, fingerprint } = options;
  const folder = learningFolder(options);
  await mkdir(folder, { recursive: true });
  const path = join(folder, "labels.sqlite");
  const { interrupted } = await labelFootage({
    spec: source,
    path,
    model,
    devices,
    frames,
    classes: question.classes,
    sinks,
    signal,
    onNote: tell,
  });
  if (interrupted || signal.aborted) {
    const message = "Interrupted while frames were labelled: the same command goes on from there";
    throw runtimeError("interrupted", message);
  }
  using store = LabelStore.open(path, { footage: fingerprint });
  return store.span({ start: 0, end: Math.min(frames, store.nextFrame) }, question).truth;
}

/** Where labels and networks of some footage and reference model are kept. */
export function learningFolder(
  options: Pick<LabelOptions, "fingerprint" | "modelHash" | "cache">,
): string {
  const { fingerprint, modelHash, cache = cacheFolder() } = options;
  const key = sha256(JSON.stringify([fingerprint.id, modelHash]));
  return join(cache, "cascades", key.slice(0, 24));
}

/**
 * Reads labels from NDJSON: ground truth, whose lines say themselves whether the object is `present`
 * and whether the frame is to be `ignored`, or results of a run, whose detections are looked at.
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
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const text of lines) {
      number += 1;
      if (text === "") continue;
      const frame = parseNdjsonLine(text, `line ${number} of "${path}"`);
      if (frame.frame < frames) truth[frame.frame] = labelOf(text, frame, question);
    }
  } catch (cause) {
    const isSystemError = cause instanceof Error && "syscall" in cause;
    if (!isSystemError) throw cause;
    throw usageError("results-unreadable", `Cannot read "${path}": ${reasonOf(cause)}`, cause);
  } finally {
    lines.close();
  }
  return truth;
}

/**
 * Reads labels of some footage: annotations in COCO's form (`.json`), or NDJSON as `readLabels`.
 *
 * @throws {AipError} `labels-other-footage`, `labels-malformed`, or as `readLabels`
 */
export async function labelsFor(
  path: string,
  question: Question,
  { fingerprint, frames }: Pick<LabelOptions, "fingerprint" | "frames">,
): Promise<Uint8Array> {
  if (!/\.json$/i.test(path)) return await readLabels(path, question, frames);
  const folder = await mkdtemp(join(tmpdir(), "aip-labels-"));
  try {
    const store = join(folder, "labels.sqlite");
    await importLabels({ path: store, footage: fingerprint, from: path });
    using labels = LabelStore.open(store, { footage: fingerprint });
    return labels.span({ start: 0, end: Math.min(frames, labels.nextFrame) }, question).truth;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 1 present, 0 absent, `IGNORED` where the frame has no answer, or says it is to be ignored. */
function labelOf(text: string, frame: Frame, question: Question): number {
  if (frame.status !== "ok") return IGNORED;
  // Only a line of ground truth has objects that may be seen and do not count.
  const { detections } = JSON.parse(text) as {
    detections: readonly { readonly ignored?: boolean }[];
  };
  const shown = frame.detections.flatMap((detection, index) =>
    counts(detection, frame, question) ? [detections[index]?.ignored === true] : [],
  );
  if (shown.length === 0) return 0;
  return shown.every((isIgnored) => isIgnored) ? IGNORED : 1;
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
