/**
 * Frames nobody looks at, through three devices that do nothing; prints the bytes the main thread
 * allocates for one. The collector must be off (`BUN_JSC_useGC=0`), or they are not all counted.
 *
 *     bun test/pipeline/allocation-subject.ts FRAMES [SCRIPT]
 *
 * With a script, as `scripted` reads it, a cascade answers.
 */
import { heapStats } from "bun:jsc";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/sink/sink.ts";
import { patternSource } from "../../src/source/pattern.ts";
import type { FrameView } from "../../src/types.ts";
import { scripted } from "./cascade.ts";

const counted = Number(process.argv[2]);
const script = process.argv[3];
/** After as many frames everything is compiled and has its size. */
const frameCount = 2 * counted;
const capacities: number[] = [];

const meter: Sink = {
  name: "meter",
  open: () => undefined,
  write({ frameId }: FrameView) {
    if (frameId === counted - 1 || frameId === frameCount - 1) {
      capacities.push(heapStats().heapCapacity);
    }
  },
  close: () => Promise.resolve(),
  outputs: () => [],
};

const pipeline = new Pipeline({
  sources: [patternSource({ width: 64, height: 64, frameCount, write: false })],
  devices: "sim:0ms,sim:0ms,sim:0ms",
  slots: 1024,
  sinks: [meter],
  audit: 0,
  ...(script !== undefined && { cascade: scripted(script) }),
});
const report = await pipeline.run();
const [before = 0, after = 0] = capacities;
console.log(JSON.stringify({ frames: report.frames, bytesPerFrame: (after - before) / counted }));
