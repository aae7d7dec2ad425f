import { runtimeError } from "../errors.ts";
import type { CostMessage, CostTask } from "./cost-worker.ts";

/** Times of the early levels, ms a frame, turn by turn. */
export type EarlyTimes = Extract<CostMessage, { kind: "measured" }>;

/**
 * Times the early levels in a thread of their own for as long as something else runs.
 * @throws {AipError} `costs-failed`
 */
export async function timeEarlyLevels<Result>(
  task: Omit<CostTask, "stop">,
  beside: () => Promise<Result>,
): Promise<{ readonly early: EarlyTimes; readonly result: Result }> {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(new URL("./cost-worker.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<EarlyTimes>();
  const fail = (message: string): void =>
    reject(runtimeError("costs-failed", `Cannot measure the cascade's levels: ${message}`));
  worker.onmessage = ({ data }: MessageEvent<CostMessage>): void => {
    if (data.kind === "measured") resolve(data);
    else fail(data.message);
  };
  worker.onerror = (event): void => {
    event.preventDefault();
    fail(event.message);
  };
  // Nobody may be waiting yet when the worker fails: the `await` below throws it.
  promise.catch(() => undefined);
  worker.postMessage({ ...task, stop } satisfies CostTask);
  try {
    const result = await beside();
    Atomics.store(new Int32Array(stop), 0, 1);
    return { early: await promise, result };
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    worker.terminate();
  }
}
