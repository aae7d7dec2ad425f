/**
 * What writing the bytes alone allows: one Worker fills the slots of a ring with the frame's
 * number, one after the other, with the fill that the pipeline's ingest worker uses. Nobody reads,
 * nobody waits.
 *
 *     bun bench/baselines/write-only.ts SLOTS FRAMES WIDTHxHEIGHT
 *
 * The last line is JSON. As many slots, of the same size, as the pipeline has: they take the same
 * room in the caches.
 */

/** Slots lie on pages of their own, as in the arena. */
const PAGE_BYTES = 4096;
const WARM_UP_SHARE = 0.1;

interface Job {
  readonly slots: number;
  readonly frames: number;
  readonly frameBytes: number;
}

declare const self: Worker;

if (Bun.isMainThread) {
  const [slots = "", frames = "", size = ""] = process.argv.slice(2);
  const [width, height] = size.split("x").map(Number) as [number, number];
  const job: Job = {
    slots: Number(slots),
    frames: Number(frames),
    frameBytes: width * height * 3,
  };
  const worker = new Worker(import.meta.url);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(job);
  console.log(JSON.stringify({ fps: await promise, frames: job.frames }));
  worker.terminate();
} else {
  self.onmessage = ({ data: { slots, frames, frameBytes } }: MessageEvent<Job>) => {
    const slotBytes = Math.ceil(frameBytes / PAGE_BYTES) * PAGE_BYTES;
    const words = new Uint32Array(new SharedArrayBuffer(slots * slotBytes));
    words.fill(0); // A page is mapped when it is first written.
    const warmUp = Math.floor(frames * WARM_UP_SHARE);
    let start = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      if (frame === warmUp) start = performance.now();
      const at = ((frame % slots) * slotBytes) / 4;
      words.fill(frame, at, at + Math.floor(frameBytes / 4));
    }
    self.postMessage(((frames - warmUp) * 1000) / (performance.now() - start));
  };
}
