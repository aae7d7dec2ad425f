/** A Worker that trains one network. */
import { AipError } from "../errors.ts";
import { TrainingStopped } from "./epochs.ts";
import type { TrainMessage, TrainStart } from "./train-protocol.ts";
import { runTraining } from "./training-run.ts";

declare const self: Worker;

self.onmessage = ({ data: { task, stop } }: MessageEvent<TrainStart>) => {
  const post = (message: TrainMessage): void => self.postMessage(message);
  const words = new Int32Array(stop);
  try {
    const network = runTraining(task, {
      onProgress: (progress) => post({ type: "progress", progress }),
      isStopped: () => Atomics.load(words, 0) !== 0,
    });
    post({ type: "trained", network });
  } catch (error) {
    if (error instanceof TrainingStopped) post({ type: "stopped" });
    else post(failure(error));
  }
};

function failure(error: unknown): TrainMessage {
  if (error instanceof AipError) {
    const { message, code, category } = error;
    return { type: "failed", message, code, category };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: "failed", message, code: "training-failed", category: "runtime" };
}
