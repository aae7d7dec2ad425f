/**
 * How long a run takes from the start of its process to its first inference, in a process of its own.
 *
 *     bun bench/start-subject.ts VIDEO MODEL
 *
 * The last line is JSON: `startMs` without what loading the model took, and that as `loadMs`: reading
 * what the file says, opening a session and answering a first frame, measured once more after the run.
 */
import { parseDevices } from "../src/backend/device-spec.ts";
import { discoverMachine } from "../src/backend/discover.ts";
import { openSession } from "../src/backend/open.ts";
import { planDevices } from "../src/backend/plan.ts";
import { resolveRunConfig } from "../src/config/schema.ts";
import { blankSlot } from "../src/layout/blank-slot.ts";
import { ResultDescriptor } from "../src/layout/layout.gen.ts";
import { addressOf, clockMs } from "../src/native/library.ts";
import { loadModel } from "../src/pipeline/load-model.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { PAYLOAD_OFFSET, rootArena } from "../src/ring/arena.ts";
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

function modelLoadMs(model: string): number {
  const machine = discoverMachine();
  const beganMs = performance.now();
  const { task } = loadModel(model, resolveRunConfig({}));
  const [instance] = planDevices(parseDevices("cpu:threads=1:replicas=1"), {
    machine,
    model: task,
  }).instances;
  if (instance === undefined) throw new TypeError("one instance was planned");
  const session = openSession(instance.task, 0);
  const slot = blankSlot({
    width: 64,
    height: 64,
    pixelFormat: "yuv420p",
    colorMatrix: "bt601",
    colorRange: "limited",
  });
  const result = new SharedArrayBuffer(PAYLOAD_OFFSET + session.payloadBytes);
  rootArena(slot.buffer as SharedArrayBuffer);
  rootArena(result);
  session.warmUp(addressOf(slot), addressOf(new Uint8Array(result)));
  const loadMs = performance.now() - beganMs;
  session.close();
  return loadMs;
}

const [video = "", model = ""] = process.argv.slice(2);
const first = new FirstInference();
await new Pipeline({ sources: [video], model, frames: FRAMES, quiet: true, sinks: [first] }).run();
const loadMs = modelLoadMs(model);
const startMs = first.atMs - loadMs;
console.log(JSON.stringify({ startMs, loadMs, fps: 0, frames: FRAMES }));
process.exit(0);
