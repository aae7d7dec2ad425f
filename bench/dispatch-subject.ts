/**
 * Our side of the dispatch benchmark, in a process of its own: frames nobody looks at, through
 * three devices that do nothing, out in order.
 *
 *     bun bench/dispatch-subject.ts SLOTS FRAMES WIDTHxHEIGHT write|leave
 *
 * The last line is JSON. Rate and memory are those of the steady state: from the frame that ends
 * the warm-up to the last.
 */
import { heapStats } from "bun:jsc";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import type { Sink } from "../src/sink/sink.ts";
import { patternSource } from "../src/source/pattern.ts";
import type { FrameView } from "../src/types.ts";

/** Share of the frames after which everything is compiled and has its final size. */
const WARM_UP_SHARE = 0.1;
const WORKER_COUNT = 3;

/** What the main thread's memory was when a frame left. */
interface Sample {
  readonly timeMs: number;
  /** Live objects after a full collection. */
  readonly heapBytes: number;
  /** Resident memory of the process; with the collector off it counts every byte allocated. */
  readonly residentBytes: number;
}

class SteadyState implements Sink {
  readonly name = "steady-state";
  readonly #first: number;
  readonly #last: number;
  readonly samples: Sample[] = [];

  constructor(frames: number) {
    this.#first = Math.floor(frames * WARM_UP_SHARE);
    this.#last = frames - 1;
  }

  open(): void {
    // Nothing to open.
  }

  write(frame: FrameView): void {
    if (frame.frameId === this.#first || frame.frameId === this.#last) this.#sample();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  outputs(): readonly string[] {
    return [];
  }

  /** At the start the time is read last and at the end first: collecting is not measured. */
  #sample(): void {
    const cameMs = performance.now();
    const residentBytes = process.memoryUsage.rss();
    Bun.gc(true);
    const heapBytes = heapStats().heapSize;
    const timeMs = this.samples.length === 0 ? performance.now() : cameMs;
    this.samples.push({ timeMs, heapBytes, residentBytes });
  }
}

const [slots = "", count = "", size = "", write = "leave"] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number) as [number, number];
const frameCount = Number(count);
const steady = new SteadyState(frameCount);
const source = patternSource({ width, height, frameCount, write: write === "write" });
const pipeline = new Pipeline({
  sources: [source],
  devices: Array(WORKER_COUNT).fill("sim:0ms").join(","),
  slots: Number(slots),
  sinks: [steady],
});
const report = await pipeline.run();
const [first, last] = steady.samples as [Sample, Sample];
const frames = frameCount - 1 - Math.floor(frameCount * WARM_UP_SHARE);
console.log(
  JSON.stringify({
    fps: (frames * 1000) / (last.timeMs - first.timeMs),
    frames: report.frames.emitted,
    inOrder: report.in_order,
    heapBytesPerFrame: (last.heapBytes - first.heapBytes) / frames,
    residentBytesPerFrame: (last.residentBytes - first.residentBytes) / frames,
  }),
);
