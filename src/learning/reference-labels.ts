import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { sha256 } from "../cascade/file/seal.ts";
import { LabelStore } from "../cascade/labels/store.ts";
import type { Question } from "../cascade/types.ts";
import { runtimeError } from "../errors.ts";
import type { Fingerprint } from "../footage/fingerprint.ts";
import { labelFootage } from "../labelling/label-footage.ts";
import { makeFolder } from "../sink/make-folder.ts";
import type { Sink } from "../sink/sink.ts";

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
  /** Told how many frames have no label yet, where there are any. */
  readonly onStart?: ((frames: number) => void) | undefined;
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
  await makeFolder(folder);
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
    onStart: (count = frames) => options.onStart?.(count),
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
