import type { InferenceSession } from "onnxruntime-node";

/** Workers of every onnxruntime-node baseline, with a thread each. */
export const WORKER_COUNT = 2;

/** One thread that does not spin: what one of several sessions on one machine should use. */
export const sessionOptions: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};

/**
 * Sends every worker its job and waits for all to say "ready"; then `measure` runs, with a promise
 * that resolves when all have said "done". Ends the workers. A worker that fails ends the process.
 */
export async function runWorkers(
  workers: readonly Worker[],
  job: unknown,
  measure: (done: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const said = (word: string): Promise<unknown> =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            worker.addEventListener("message", ({ data }) => data === word && resolve());
            worker.addEventListener("error", (event) => reject(new Error(event.message)));
          }),
      ),
    );
  const ready = said("ready");
  const done = said("done");
  for (const worker of workers) worker.postMessage(job);
  await ready;
  await measure(done);
  for (const worker of workers) worker.terminate();
}
