/** The worker that learns a cascade anew while a run goes on. */
import type { Cascade } from "../cascade/file/cascade.ts";
import { FootageShortage } from "../cascade/footage-shortage.ts";
import { AipError } from "../errors.ts";
import { TrainingStopped } from "../training/epochs.ts";
import { type RelearnTask, relearn } from "./relearn.ts";

/** What it is asked. */
export interface RelearnStart {
  readonly task: RelearnTask;
  /** One word; not 0 ends the training. */
  readonly stop: SharedArrayBuffer;
}

/** What it answers. */
export type RelearnMessage =
  | { readonly kind: "learnt"; readonly cascade: Cascade }
  | { readonly kind: "stopped" }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly category: AipError["category"];
      readonly message: string;
      /** Of a `FootageShortage`; null of other errors. */
      readonly framesNeeded: number | null;
    };

declare const self: Worker;

self.onmessage = ({ data: { task, stop } }: MessageEvent<RelearnStart>) => {
  const post = (message: RelearnMessage): void => self.postMessage(message);
  const words = new Int32Array(stop);
  try {
    post({ kind: "learnt", cascade: relearn(task, () => Atomics.load(words, 0) !== 0) });
  } catch (error) {
    if (error instanceof TrainingStopped) post({ kind: "stopped" });
    else post(failure(error));
  }
};

function failure(error: unknown): RelearnMessage {
  const isKnown = error instanceof AipError;
  return {
    kind: "failed",
    code: isKnown ? error.code : "relearn-failed",
    category: isKnown ? error.category : "runtime",
    message: error instanceof Error ? error.message : String(error),
    framesNeeded: error instanceof FootageShortage ? error.framesNeeded : null,
  };
}
