import { AipError, runtimeError } from "../errors.ts";
import { DEFAULT_ARCHITECTURE } from "./architectures.ts";
import {
  checkTask,
  DEFAULT_SETTINGS,
  type LabelledPictures,
  type TrainingSettings,
  type TrainingTask,
} from "./options.ts";
import type { TrainingProgress } from "./progress.ts";
import type { TrainMessage, TrainStart } from "./train-protocol.ts";
import type { TrainedNetwork } from "./training-run.ts";

export interface TrainOptions
  extends Pick<TrainingTask, "training" | "validation">,
    Partial<TrainingSettings> {
  /** Default: `DEFAULT_ARCHITECTURE`. */
  readonly architecture?: TrainingTask["architecture"];
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Ends the training within a step. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a specialized network in a Worker of its own, on one core and without Python: the step is an
 * ONNX graph, run by ONNX Runtime. Equal pictures, settings and seeds give equal networks, bit by bit.
 *
 * The picture's mean is subtracted, rare objects weigh more, the rate rises and then falls as a
 * cosine, and the best epoch on the validation pictures is kept. A network that collapses is begun
 * again from another seed.
 *
 * @throws {RangeError} where sizes or settings are none
 * @throws {AipError} `training-one-class` where pictures with or without the object are missing,
 *   `training-collapsed` where no attempt has learnt anything
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * ```ts
 * const { model, validation } = await trainNetwork({
 *   training: { images, labels },
 *   validation: later,
 *   onProgress: ({ epoch, validation }) => console.log(epoch, validation?.auc),
 * });
 * ```
 */
export async function trainNetwork(options: TrainOptions): Promise<TrainedNetwork> {
  const { architecture = DEFAULT_ARCHITECTURE, onProgress, signal, ...rest } = options;
  const { training, validation, ...settings } = rest;
  const task: TrainingTask = {
    architecture,
    training: shared(training),
    validation: shared(validation),
    settings: { ...DEFAULT_SETTINGS, ...settings },
  };
  checkTask(task);
  signal?.throwIfAborted();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const onAbort = (): void => void Atomics.store(stop, 0, 1);
  signal?.addEventListener("abort", onAbort, { once: true });
  const worker = new Worker(new URL("./train-worker.ts", import.meta.url).href);
  try {
    const start: TrainStart = { task, stop: stop.buffer as SharedArrayBuffer };
    const message = await answer(worker, start, onProgress);
    if (message.type === "trained") return message.network;
    if (message.type === "stopped") throw signal?.reason;
    throw new AipError(message.message, { code: message.code, category: message.category });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    worker.terminate();
  }
}

type Answer = Exclude<TrainMessage, { readonly type: "progress" }>;

/** Has the Worker train; resolves with its last word. */
function answer(
  worker: Worker,
  start: TrainStart,
  onProgress: TrainOptions["onProgress"],
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const fail = (reason: string): void =>
    reject(runtimeError("training-failed", `Training broke off: ${reason}`));
  worker.onmessage = ({ data }: MessageEvent<TrainMessage>) => {
    if (data.type !== "progress") return resolve(data);
    try {
      onProgress?.(data.progress);
    } catch (error) {
      reject(error);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message);
  };
  worker.addEventListener("close", () => fail("its worker ended without a word"));
  worker.postMessage(start);
  return promise;
}

/** The same pictures in memory that a Worker sees without a copy. */
function shared({ images, labels }: LabelledPictures): LabelledPictures {
  return { images: inSharedMemory(images), labels: inSharedMemory(labels) };
}

function inSharedMemory(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
