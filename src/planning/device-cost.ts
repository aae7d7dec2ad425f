import type { DeviceInstance } from "../backend/backend.ts";
import { ResultDescriptor } from "../layout/layout.gen.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { Combination } from "../schedule/capacity.ts";
import type { Sink } from "../sink/sink.ts";
import type { IngestSegment, Source, SourceInfo } from "../source/source.ts";
import type { FrameGeometry, FrameView, RunContext } from "../types.ts";

/** Frames a second of a source that nobody paces; only its clock shows it. */
const NOMINAL_FPS = 25;
/** Time before anything is measured, and the time that is. */
const WARM_UP_MS = 500;
const MEASURE_MS = 2000;

export interface DeviceTrialOptions {
  /** What `--device` takes. */
  readonly devices: string;
  readonly model: string;
  /** Of the cameras' pictures. */
  readonly geometry: FrameGeometry;
  readonly signal?: AbortSignal;
}

/**
 * Measures the devices named, all of them at work at once: two and a half seconds of frames that
 * cost nothing to make.
 *
 * @throws {AipError} where the model or a device cannot be opened, or answers nothing
 */
export async function measureDevices(options: DeviceTrialOptions): Promise<Combination> {
  const meter = new ServiceMeter();
  await using pipeline = new Pipeline({
    sources: [blankSource(options.geometry)],
    devices: options.devices,
    model: options.model,
    drop: "never",
    sinks: [meter],
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  let instances: readonly DeviceInstance[] = [];
  pipeline.events.once("prepared", ({ devices }) => {
    instances = devices;
  });
  const timers: Timer[] = [];
  let processorMs = 0;
  pipeline.events.once("started", () => {
    timers.push(setTimeout(() => meter.begin(), WARM_UP_MS));
    timers.push(
      setTimeout(() => {
        processorMs = meter.end();
        pipeline.stop();
      }, WARM_UP_MS + MEASURE_MS),
    );
  });
  await pipeline.run();
  for (const timer of timers) clearTimeout(timer);
  if (pipeline.error !== null) throw pipeline.error;
  const frames = meter.frames;
  return {
    devices: options.devices,
    instances: instances.map(({ id, expectedMs }, index) => ({
      id,
      ...meter.service(index, expectedMs),
      processorMs: frames === 0 ? 0 : processorMs / frames,
    })),
    memoryBytes: process.memoryUsage().rss,
  };
}

/** Service times by device, read from the results as they leave. */
class ServiceMeter implements Sink {
  readonly name = "service meter";
  frames = 0;
  #context: RunContext | undefined;
  #doubles: Float64Array = new Float64Array();
  /** By device: count, sum and sum of squares of the times in ms. */
  readonly #moments: [count: number, sum: number, squares: number][] = [];
  #before: NodeJS.CpuUsage | undefined;
  #isOver = false;

  open(context: RunContext): void {
    this.#context = context;
    this.#doubles = new Float64Array(context.arena);
    for (const _ of context.devices) this.#moments.push([0, 0, 0]);
  }

  begin(): void {
    this.#before = process.cpuUsage();
  }

  /** Returns the processor time in ms since `begin`. */
  end(): number {
    this.#isOver = true;
    const { user, system } = process.cpuUsage(this.#before);
    return (user + system) / 1000;
  }

  /** HOT. */
  write({ status, resultIndex, deviceIndex }: FrameView): void {
    if (this.#before === undefined || this.#isOver || status !== "ok") return;
    const moments = this.#moments[deviceIndex];
    const context = this.#context;
    if (moments === undefined || context === undefined) return;
    const at = context.resultOffsetBytes(resultIndex);
    const startedMs = this.#doubles[(at + ResultDescriptor.startedMs) / 8] as number;
    const finishedMs = this.#doubles[(at + ResultDescriptor.finishedMs) / 8] as number;
    const serviceMs = finishedMs - startedMs;
    this.frames += 1;
    moments[0] += 1;
    moments[1] += serviceMs;
    moments[2] += serviceMs * serviceMs;
  }

  /** A device too slow to answer within the trial takes what is expected of it. */
  service(device: number, expectedMs: number): { serviceMs: number; cv: number } {
    const [count = 0, sum = 0, squares = 0] = this.#moments[device] ?? [];
    if (count === 0) return { serviceMs: Math.max(expectedMs, MEASURE_MS), cv: 0 };
    const serviceMs = sum / count;
    const variance = Math.max(0, squares / count - serviceMs * serviceMs);
    return { serviceMs, cv: serviceMs === 0 ? 0 : Math.sqrt(variance) / serviceMs };
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  outputs(): readonly string[] {
    return [];
  }
}

/** Pictures of the cameras' size and format that nobody draws, without end. */
function blankSource(geometry: FrameGeometry): Source {
  const info: SourceInfo = { geometry, fps: NOMINAL_FPS, description: "blank" };
  let opened = false;
  return {
    name: "blank",
    spec: "blank",
    live: false,
    info,
    async open(): Promise<IngestSegment | null> {
      if (opened) return null;
      opened = true;
      const frameCount = Number.MAX_SAFE_INTEGER;
      return { kind: "pattern", geometry, fps: NOMINAL_FPS, frameCount, write: false };
    },
    finish: () => Promise.resolve(null),
    notes: () => [],
    close: () => Promise.resolve(),
  };
}
