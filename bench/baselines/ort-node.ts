/**
 * The full job with onnxruntime-node in Workers, the way it is usually written: ffmpeg scales and
 * pads, every frame goes to a Worker by postMessage (transferred, not copied), which makes the
 * tensor, infers, decodes and suppresses, and posts the boxes back.
 *
 *     bun bench/baselines/ort-node.ts VIDEO MODEL FRAMES [WORKERS]
 *
 * Time starts when the sessions are warm, before ffmpeg is started. The last line is JSON.
 */
import * as ort from "onnxruntime-node";
import { runWorkers, sessionOptions, WORKER_COUNT } from "./ort-workers.ts";
import { decodeYolox } from "./yolox.ts";

const SIZE = 416;
const PAD = 114;
const FRAME_BYTES = SIZE * SIZE * 3;
/** Frames a Worker has at a time: one at work, one waiting. */
const DEPTH = 2;

interface Picture {
  readonly frameId: number;
  readonly pixels: ArrayBuffer;
}

interface Answer {
  readonly frameId: number;
  readonly detections: number;
}

declare const self: Worker;

/** Frames of the video, scaled and padded to the model's size, as bgr24. */
async function* frames(video: string, count: number): AsyncGenerator<ArrayBuffer> {
  const scale = `scale=${SIZE}:${SIZE}:force_original_aspect_ratio=decrease:flags=bilinear`;
  const pad = `pad=${SIZE}:${SIZE}:0:0:0x727272`;
  const input = ["-nostdin", "-v", "error", "-threads", "1", "-i", video, "-vf", `${scale},${pad}`];
  const output = ["-frames:v", `${count}`, "-fps_mode", "passthrough", "-pix_fmt", "bgr24"];
  const child = Bun.spawn(["ffmpeg", ...input, ...output, "-f", "rawvideo", "-"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let frame = new Uint8Array(FRAME_BYTES);
  let filled = 0;
  for await (let chunk of child.stdout) {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, FRAME_BYTES - filled);
      frame.set(part, filled);
      filled += part.length;
      chunk = chunk.subarray(part.length);
      if (filled < FRAME_BYTES) continue;
      yield frame.buffer;
      frame = new Uint8Array(FRAME_BYTES);
      filled = 0;
    }
  }
}

/** Hands frames out and puts the answers in order; resolves with what was found. */
async function detectAll(workers: readonly Worker[], video: string, count: number) {
  const waiting = new Map<number, Answer>();
  const load = new Map(workers.map((worker) => [worker, 0]));
  let sent = 0;
  let emitted = 0;
  let detections = 0;
  let wake = (): void => undefined;
  for (const worker of workers) {
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      load.set(worker, (load.get(worker) as number) - 1);
      waiting.set(data.frameId, data);
      for (let next = waiting.get(emitted); next !== undefined; next = waiting.get(emitted)) {
        waiting.delete(emitted);
        emitted += 1;
        detections += next.detections;
      }
      wake();
    });
  }
  const change = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  for await (const pixels of frames(video, count)) {
    const idlest = (): Worker =>
      workers.reduce((a, b) => ((load.get(a) as number) <= (load.get(b) as number) ? a : b));
    while ((load.get(idlest()) as number) >= DEPTH) await change();
    const worker = idlest();
    load.set(worker, (load.get(worker) as number) + 1);
    worker.postMessage({ frameId: sent, pixels } satisfies Picture, [pixels]);
    sent += 1;
  }
  while (emitted < sent) await change();
  return { frames: emitted, detections };
}

if (Bun.isMainThread) {
  const [video = "", model = "", count = "0", workerCount = String(WORKER_COUNT)] =
    process.argv.slice(2);
  const workers = Array.from({ length: Number(workerCount) }, () => new Worker(import.meta.url));
  await runWorkers(workers, model, async () => {
    const { user, system } = process.cpuUsage();
    const start = performance.now();
    const result = await detectAll(workers, video, Number(count));
    const fps = (result.frames * 1000) / (performance.now() - start);
    console.log(JSON.stringify({ fps, ...result, cpuMsAtStart: (user + system) / 1000 }));
  });
} else {
  const tensor = new ort.Tensor("float32", new Float32Array(FRAME_BYTES).fill(PAD), [
    1,
    3,
    SIZE,
    SIZE,
  ]);
  const values = tensor.data as Float32Array;
  const plane = SIZE * SIZE;
  let session: ort.InferenceSession;
  let name: string;
  // One frame after the other: a tensor must not be refilled before its run has ended.
  let last: Promise<void> = Promise.resolve();
  const infer = async (): Promise<Float32Array> => {
    const outputs = await session.run({ [name]: tensor });
    return outputs[session.outputNames[0] as string]?.data as Float32Array;
  };
  const answer = async ({ frameId, pixels }: Picture): Promise<void> => {
    const bytes = new Uint8Array(pixels);
    for (let at = 0, from = 0; at < plane; at += 1, from += 3) {
      values[at] = bytes[from] as number;
      values[plane + at] = bytes[from + 1] as number;
      values[2 * plane + at] = bytes[from + 2] as number;
    }
    const detections = decodeYolox(await infer(), SIZE).length;
    self.postMessage({ frameId, detections } satisfies Answer);
  };
  self.onmessage = async ({ data }: MessageEvent<string | Picture>) => {
    if (typeof data !== "string") {
      last = last.then(() => answer(data));
      return;
    }
    session = await ort.InferenceSession.create(data, sessionOptions);
    name = session.inputNames[0] as string;
    await infer();
    self.postMessage("ready");
  };
}
