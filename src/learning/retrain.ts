import { AipError, runtimeError } from "../errors.ts";
import type { RetrainTask } from "../pipeline/cascade-keeper.ts";
import { promiseOf, type RunCascade } from "../pipeline/run-cascade.ts";
import type { RelearnTask } from "./relearn.ts";
import type { RelearnMessage } from "./relearn-worker.ts";

/** Seed of a cascade's second training; equal footage gives equal cascades. */
const SEED = 1;

/**
 * Trains a run's cascade anew, in a Worker of its own: the `retrainer` of a pipeline.
 *
 * @throws {AipError} category `usage` where the footage cannot support a cascade yet;
 *   `retrain-failed` where nobody could
 *
 * @example
 * ```ts
 * new Pipeline({ sources: "rtsp://door", cascade: "door.aip", retrain: "auto", retrainer: retrain });
 * ```
 */
export async function retrain({ footage, fps, cascade, signal }: RetrainTask): Promise<RunCascade> {
  const { file } = cascade;
  if (file === null) throw runtimeError("retrain-failed", "the cascade has no file");
  signal.throwIfAborted();
  const worker = new Worker(new URL("./relearn-worker.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<RelearnMessage>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  worker.onmessage = ({ data }: MessageEvent<RelearnMessage>): void => resolve(data);
  worker.onerror = (event): void => {
    event.preventDefault();
    reject(runtimeError("retrain-failed", event.message));
  };
  worker.addEventListener("close", () =>
    reject(runtimeError("retrain-failed", "its worker ended without a word")),
  );
  worker.postMessage({ footage, fps, cascade: file, seed: SEED } satisfies RelearnTask);
  try {
    const message = await promise;
    if (message.kind === "failed") {
      const { code, category } = message;
      throw new AipError(message.message, { code, category });
    }
    const { question, levels } = message.cascade;
    const screen = { kind: "cascade", levels, region: question.region } as const;
    const promised = promiseOf(message.cascade);
    return { ...cascade, screen, promise: promised, file: message.cascade };
  } finally {
    signal.removeEventListener("abort", onAbort);
    worker.terminate();
  }
}
