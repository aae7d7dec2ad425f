/**
 * How long a run takes from the start of its process to its first inference, in a process of its
 * own.
 *
 *     bun bench/start-subject.ts VIDEO MODEL
 *
 * The last line is JSON: `startMs` without what loading the model took, and that as `loadMs`:
 * reading what its file says, and the time in which the workers open their sessions and warm them
 * up. The decoder starts meanwhile.
 */
import { resolveRunConfig } from "../src/config/schema.ts";
import { ResultDescriptor } from "../src/layout/layout.gen.ts";
import { clockMs } from "../src/native/library.ts";
import { loadModel } from "../src/pipeline/load-model.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import type { Sink } from "../src/sink/sink.ts";
import type { FrameView, RunContext } from "../src/types.ts";

/** Enough to have one. */
const FRAMES = 4;

/** When a device took its first frame, on the process's own clock. */
class FirstInference implements Sink {
  readonly name = "first-inference";
  atMs = Number.POSITIVE_INFINITY;
  #context: RunContext | undefined;

  open(context: RunContext): void {
    this.#context = context;
  }

  write(frame: FrameView): void {
    const context = this.#context as RunContext;
    const offset = context.resultOffsetBytes(frame.resultIndex) + ResultDescriptor.startedMs;
    const [startedMs = 0] = new Float64Array(context.arena, offset, 1);
    this.atMs = Math.min(this.atMs, performance.now() - (clockMs() - startedMs));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  outputs(): readonly string[] {
    return [];
  }
}

/** What reading the model's file took, measured once more. */
function inspectionMs(model: string): number {
  const beganMs = performance.now();
  loadModel(model, resolveRunConfig({}));
  return performance.now() - beganMs;
}

const [video = "", model = ""] = process.argv.slice(2);
const first = new FirstInference();
const pipeline = new Pipeline({
  sources: [video],
  model,
  frames: FRAMES,
  quiet: true,
  sinks: [first],
});
let [preparedMs, startedMs] = [0, 0];
pipeline.events.once("prepared", () => {
  preparedMs = performance.now();
});
pipeline.events.once("started", () => {
  startedMs = performance.now();
});
await pipeline.run();
const loadMs = startedMs - preparedMs + inspectionMs(model);
const startMs = first.atMs - loadMs;
console.log(JSON.stringify({ startMs, loadMs, fps: 0, frames: FRAMES }));
process.exit(0);
