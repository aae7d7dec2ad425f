/**
 * The model alone, with the ONNX Runtime library we use: onnxruntime-node in Workers, one session
 * and one thread each, on a constant tensor.
 *
 *     bun bench/baselines/bare-ort.ts MODEL RUNS [CALLERS]
 *
 * No decoding, no pre-processing, no boxes: what the engine itself allows. The last line is JSON.
 */
import * as ort from "onnxruntime-node";
import { runWorkers, sessionOptions, WORKER_COUNT } from "./ort-workers.ts";

/** What a caller is told. */
interface Job {
  readonly model: string;
  readonly runs: number;
}

const WARM_UP_RUNS = 3;

declare const self: Worker;

if (Bun.isMainThread) {
  const [model = "", runs = "0", callers = String(WORKER_COUNT)] = process.argv.slice(2);
  const runsEach = Math.ceil(Number(runs) / Number(callers));
  const workers = Array.from({ length: Number(callers) }, () => new Worker(import.meta.url));
  const job: Job = { model, runs: runsEach };
  await runWorkers(workers, job, async (done) => {
    const { user, system } = process.cpuUsage();
    const start = performance.now();
    for (const worker of workers) worker.postMessage("go");
    await done;
    const frames = runsEach * workers.length;
    const fps = (frames * 1000) / (performance.now() - start);
    console.log(JSON.stringify({ fps, frames, cpuMsAtStart: (user + system) / 1000 }));
  });
} else {
  let job: Job;
  let session: ort.InferenceSession;
  let feeds: Record<string, ort.Tensor>;
  const call = async (times: number): Promise<void> => {
    for (let run = 0; run < times; run += 1) await session.run(feeds);
  };
  self.onmessage = async (event: MessageEvent<Job | "go">) => {
    if (event.data === "go") {
      await call(job.runs);
      self.postMessage("done");
      return;
    }
    job = event.data;
    session = await ort.InferenceSession.create(job.model, sessionOptions);
    const input = session.inputMetadata[0];
    if (input?.isTensor !== true) throw new TypeError(`"${job.model}" has no tensor as its input`);
    const shape = input.shape.map(Number);
    const values = new Float32Array(shape.reduce((size, side) => size * side, 1)).fill(114);
    feeds = { [input.name]: new ort.Tensor("float32", values, shape) };
    await call(WARM_UP_RUNS);
    self.postMessage("ready");
  };
}
