import { FootageShortage } from "../cascade/footage-shortage.ts";
import { AipError, runtimeError } from "../errors.ts";
import type { RetrainTask } from "../pipeline/retrainer.ts";
import { type RunCascade, runCascadeOf } from "../pipeline/run-cascade.ts";
import { within } from "../within.ts";
import type { RelearnMessage, RelearnStart } from "./relearn-worker.ts";

/** Seed of a cascade's second training; equal footage gives equal cascades. */
const SEED = 1;
/** A training that is not wanted any more gets so long to close what it has open. */
const STOP_WITHIN_MS = 1000;

/**
 * Trains a run's cascade anew, in one Worker: the `retrainer` of a pipeline.
 *
 * @throws {AipError} category `usage` where the footage cannot support a cascade yet, a
 *   `FootageShortage` where it is known how much would; `retrain-failed` where nobody could
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * ```ts
 * new Pipeline({ sources: "rtsp://door", cascade: "door.aip", retrain: "auto", retrainer: retrain });
 * ```
 */
export async function retrain(task: RetrainTask): Promise<RunCascade> {
  const { footage, source, fps, cascade, signal } = task;
  const { file } = cascade;
  if (file === null) throw runtimeError("retrain-failed", "the cascade has no file");
  signal.throwIfAborted();
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(new URL("./relearn-worker.ts", import.meta.url).href);
  const answered = answerOf(worker);
  const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    Atomics.store(new Int32Array(stop), 0, 1);
    abort(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  // What the search does not read need not be copied for it.
  const before = { ...file, observations: null, front: null };
  const relearnTask = { footage, source, fps, cascade: before, seed: SEED };
  worker.postMessage({ task: relearnTask, stop } satisfies RelearnStart);
  try {
    return taught(cascade, await Promise.race([answered, aborted]));
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (signal.aborted) void endSoon(worker, answered);
    else worker.terminate();
  }
}

async function endSoon(worker: Worker, answered: Promise<unknown>): Promise<void> {
  await within(
    STOP_WITHIN_MS,
    answered.catch(() => undefined),
  );
  worker.terminate();
}

/** The worker's word. */
function answerOf(worker: Worker): Promise<RelearnMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<RelearnMessage>();
  const fail = (reason: string): void => reject(runtimeError("retrain-failed", reason));
  // Whoever was interrupted does not listen any more.
  promise.catch(() => undefined);
  worker.onmessage = ({ data }: MessageEvent<RelearnMessage>): void => resolve(data);
  worker.onerror = (event): void => {
    event.preventDefault();
    fail(event.message);
  };
  worker.addEventListener("close", () => fail("its worker ended without a word"));
  return promise;
}

/** The cascade as its run will use it. */
function taught(before: RunCascade, message: RelearnMessage): RunCascade {
  if (message.kind === "stopped") throw runtimeError("retrain-failed", "it was stopped");
  if (message.kind === "failed") {
    const { code, category, framesNeeded } = message;
    if (framesNeeded !== null) throw new FootageShortage(code, message.message, framesNeeded);
    throw new AipError(message.message, { code, category });
  }
  return runCascadeOf(before.name, message.cascade);
}
