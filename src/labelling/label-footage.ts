import { modelHash } from "../backend/model-hash.ts";
import { type LabelOrigin, LabelStore } from "../cascade/labels/store.ts";
import { CONFIDENCE_MIN } from "../cascade/types.ts";
import { usageError } from "../errors.ts";
import { type Fingerprint, fingerprintOf } from "../footage/fingerprint.ts";
import type { Report } from "../metrics/report.ts";
import { resolveModel } from "../model/catalog.ts";
import { suggestion } from "../nearest.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { Sink } from "../sink/sink.ts";
import { LabelSink } from "./label-sink.ts";
import { referenceModel } from "./reference-model.ts";

/** What is labelled, by whom, and where the labels go. */
export interface LabelRequest {
  /** A video file, or the demo scene. */
  readonly spec: string;
  /** File of the labels; one that is there is gone on with. */
  readonly path: string;
  /** The reference model: a file, or the name of a built-in one. Default `demo`. */
  readonly model?: string;
  /** Devices it runs on. Default `auto`. */
  readonly devices?: string;
  /** Frames to label from the start; left out: all there are. */
  readonly frames?: number;
  /** Detections below it are not kept, 0–1. Default 0.05. */
  readonly confidence?: number;
  /** Class names that will be asked for: refused at once where the reference knows none such. */
  readonly classes?: readonly string[];
  /** Sinks besides, such as a progress line. */
  readonly sinks?: readonly Sink[];
  /** Ends it; what is under way is kept. */
  readonly signal?: AbortSignal;
  readonly onNote?: (text: string) => void;
  /** Told how many frames are left to label, where that is known. */
  readonly onStart?: (frameCount: number | undefined) => void;
}

/** What a labelling run did. */
export interface Labelling {
  readonly footage: Fingerprint;
  readonly origin: LabelOrigin;
  /** Frames that were labelled before, and by this run. */
  readonly before: number;
  readonly labelled: number;
  /** It was ended by its signal. */
  readonly interrupted: boolean;
  /** Figures of the run; null where nothing was left to do. */
  readonly report: Report | null;
}

/**
 * Has the reference model label footage, on all its devices, as fast as they are. A run that was
 * interrupted, killed, or out of disk is gone on with by the next one with the same file.
 *
 * @throws {AipError} what `fingerprintOf`, `LabelStore.open` and `Pipeline` throw; `class-unknown`;
 * `labels-disk-full`: what was committed until then is kept
 */
export async function labelFootage(request: LabelRequest): Promise<Labelling> {
  const { spec, path, model = "demo", devices = "auto", frames, signal } = request;
  const { confidence = CONFIDENCE_MIN, sinks = [] } = request;
  const file = resolveModel(referenceModel(model, devices));
  const footage = await fingerprintOf(spec);
  const origin = { name: file.name, sha256: modelHash(file.path), confidence };
  const before = LabelStore.nextFrameOf(path, { footage, origin });
  const none = { footage, origin, before, labelled: 0, interrupted: false, report: null };
  if (before >= (frames ?? (footage.frames || Infinity))) return none;
  const labels = new LabelSink((classes) => {
    checkClasses(request.classes ?? [], classes);
    return LabelStore.open(path, { footage, origin, classes });
  });
  const pipeline = new Pipeline({
    sources: spec,
    model,
    devices,
    confidence,
    drop: "never",
    firstFrame: before,
    ...(frames !== undefined && { frames }),
    ...(signal !== undefined && { signal }),
    sinks: [labels, ...sinks],
  });
  if (request.onNote !== undefined) pipeline.events.on("note", request.onNote);
  pipeline.events.once("prepared", (info) => request.onStart?.(info.frameCount));
  const report = await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  const interrupted = report.end === "interrupted";
  return { ...none, labelled: labels.committed, interrupted, report };
}

function checkClasses(wanted: readonly string[], known: readonly string[]): void {
  for (const name of wanted) {
    if (known.includes(name)) continue;
    const message = `The reference model knows no class "${name}"${suggestion(name, known)}`;
    throw usageError("class-unknown", message);
  }
}
