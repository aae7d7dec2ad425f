import { ATTEMPT_COUNT_MAX, Dispatcher } from "./dispatcher.ts";
import { EventQueue } from "./event-queue.ts";
import { type DeviceModel, type FrameEnd, ModelledDevice } from "./modelled-device.ts";
import { ModelledSource, type SourceModel } from "./modelled-source.ts";
import { DROPPED, NOTHING } from "./reorder.ts";
import type { DeviceState, Scheduler } from "./scheduler.ts";
import { SharedProcessor } from "./shared-processor.ts";
import { LeavingMeter, type SimulationResult } from "./simulation-result.ts";
import { EQUAL_SHARE } from "./source-share.ts";

/** Policies are asked again after this long, although nothing has happened. */
const WAIT_MS = 100;

export interface SimulationOptions {
  readonly devices: readonly DeviceModel[];
  readonly sources: readonly SourceModel[];
  /** Makes the policy for the devices. */
  readonly scheduler: (devices: readonly DeviceState[]) => Scheduler;
  /** Frames that leave before rates and latencies are measured. Default 0. */
  readonly warmUp?: number;
  /** What devices and sources share. Absent: nobody hinders anybody. */
  readonly processor?: ProcessorModel;
  /** Told of everything that happens, in order. */
  readonly observe?: (event: SimulationEvent) => void;
}

/** A processor that bringing frames in and calls of devices share. */
export interface ProcessorModel {
  readonly cores: number;
  /** Cores that each device's calls want; see `SharedProcessor`. */
  readonly deviceCores: readonly number[];
  /**
   * Time in ms for which a source's frame of this id keeps a core busy when it arrives: it is read,
   * and the next one is decoded.
   */
  readonly ingestMs: (source: number, frame: number) => number;
}

/** Something that happened to a frame, or to a device. */
export interface SimulationEvent {
  readonly timeMs: number;
  readonly kind:
    | "entered"
    | "began"
    | "answered"
    | "failed"
    | "lost"
    | "restarted"
    /** It gives way to newer ones; its marker leaves, as "dropped", in its turn. */
    | "gave-way"
    | "emitted"
    | "dropped"
    | "given-up";
  /** Index of the source; -1 for a restart. */
  readonly source: number;
  /** Id of the frame; -1 for a restart. */
  readonly frame: number;
  /** Index of the device; -1 where none is concerned. */
  readonly device: number;
}

/**
 * Simulates a run by its events: modelled devices and sources, and the pipeline's own dispatcher,
 * policies and reorder buffer between them. Equal options give equal results.
 *
 * A frame keeps its slot until it has left in order. Events of one time happen one by one in the
 * order they were scheduled.
 *
 * @example
 * ```ts
 * simulate({
 *   devices: [deviceModel({ serviceMs: 20, cv: 0.3 }), deviceModel({ serviceMs: 50 })],
 *   sources: [{ frames: 20_000, slots: 10, drop: "never", arrivalMs: null }],
 *   scheduler: () => lookAhead(),
 * }).throughputFps; // about 70
 * ```
 */
export function simulate(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run();
}

class Simulation {
  readonly #devices: readonly ModelledDevice[];
  readonly #sources: readonly ModelledSource[];
  readonly #dispatcher: Dispatcher;
  /** Actors are the devices, then the sources. */
  readonly #events: EventQueue;
  readonly #processor: SharedProcessor | undefined;
  readonly #processorModel: ProcessorModel | undefined;
  readonly #meter: LeavingMeter;
  readonly #observe: SimulationOptions["observe"];
  /** Per slot. */
  readonly #sourceOf: readonly ModelledSource[];
  readonly #attempts: Uint8Array;
  readonly #gaveUp: Uint8Array;
  #nowMs = 0;
  #retries = 0;
  /** Sources known to be finished, from the first on. */
  #finishedCount = 0;
  /** Sources of which a frame came too late for its deadline. */
  readonly #late = new Set<ModelledSource>();

  constructor(options: SimulationOptions) {
    let slotCount = 0;
    this.#devices = options.devices.map((model) => new ModelledDevice(model));
    this.#sources = options.sources.map((model, index) => {
      const source = new ModelledSource(model, index, slotCount);
      slotCount += model.slots;
      return source;
    });
    this.#sourceOf = this.#sources.flatMap((source) =>
      new Array<ModelledSource>(source.model.slots).fill(source),
    );
    this.#attempts = new Uint8Array(slotCount);
    this.#gaveUp = new Uint8Array(slotCount);
    this.#events = new EventQueue(this.#devices.length + this.#sources.length);
    const { processor } = options;
    this.#processorModel = processor;
    if (processor !== undefined) {
      const wanted = [...processor.deviceCores, ...this.#sources.map(() => 1)];
      this.#processor = new SharedProcessor(processor.cores, wanted);
    }
    this.#dispatcher = new Dispatcher({
      scheduler: options.scheduler(this.#devices),
      devices: this.#devices,
      sources: options.sources.map((model) => ({ ...EQUAL_SHARE, ...model })),
      isHeldUp: (source) => (this.#sources[source] as ModelledSource).isHeldUp,
      give: (device, slot, followers) => this.#give(device, slot, followers),
      expire: (slot) => this.#giveWay(slot, true),
    });
    const frameCount = options.sources.reduce((sum, { frames }) => sum + frames, 0);
    this.#meter = new LeavingMeter(frameCount, options.warmUp ?? 0);
    this.#observe = options.observe;
  }

  run(): SimulationResult {
    for (const source of this.#sources) {
      if (source.model.arrivalMs === null) source.arrived = source.model.frames;
      else this.#scheduleArrival(source);
      this.#admit(source);
    }
    this.#dispatch();
    while (this.#hasUnfinished) {
      if (!this.#step()) this.#abandon();
    }
    return this.#result();
  }

  /** The next event, and what follows from it at once; false when nothing can happen any more. */
  #step(): boolean {
    const jobEndMs = this.#processor?.nextMs ?? Number.POSITIVE_INFINITY;
    const nextMs = Math.min(this.#events.nextMs, jobEndMs);
    const { waiting } = this.#dispatcher;
    const someoneAlive = this.#devices.some(({ alive }) => alive);
    if (waiting > 0 && someoneAlive && nextMs > this.#nowMs + WAIT_MS) {
      this.#setClock(this.#nowMs + WAIT_MS);
      if (this.#dispatch() || nextMs < Number.POSITIVE_INFINITY) return true;
      throw new Error("the policy leaves frames waiting beside idle devices for good");
    }
    if (nextMs === Number.POSITIVE_INFINITY) return false;
    const isJob = jobEndMs === nextMs;
    const actor = isJob ? (this.#processor as SharedProcessor).shift() : this.#events.shift();
    this.#setClock(nextMs);
    if (actor < this.#devices.length) {
      this.#deviceActs(actor);
    } else if (!isJob) {
      this.#frameArrives(this.#sources[actor - this.#devices.length] as ModelledSource);
    }
    this.#dispatch();
    return true;
  }

  /** Gives out what waits; where frames were let go of instead, others take their slots. */
  #dispatch(): boolean {
    let worked = this.#dispatcher.dispatch();
    for (; this.#late.size > 0; worked = this.#dispatcher.dispatch() || worked) {
      const late = [...this.#late];
      this.#late.clear();
      for (const source of late) {
        this.#emit(source);
        this.#admit(source);
      }
    }
    return worked;
  }

  #setClock(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#dispatcher.nowMs = nowMs;
  }

  /** Whether frames are to come or to leave. Sources that finish stay so. */
  get #hasUnfinished(): boolean {
    while (this.#finishedCount < this.#sources.length) {
      if (!isFinished(this.#sources[this.#finishedCount] as ModelledSource)) return true;
      this.#finishedCount += 1;
    }
    return false;
  }

  #give(index: number, slot: number, followers: number): void {
    const device = this.#devices[index] as ModelledDevice;
    this.#attempts[slot] = (this.#attempts[slot] as number) + 1;
    this.#report("began", slot, index);
    device.take(slot);
    if (followers > 0) return;
    const endMs = device.begin(this.#nowMs);
    const cores = this.#processorModel?.deviceCores[index] ?? 0;
    if (cores === 0) this.#events.schedule(index, endMs);
    else this.#processor?.add(index, endMs - this.#nowMs, this.#nowMs);
  }

  #deviceActs(index: number): void {
    const device = this.#devices[index] as ModelledDevice;
    if (!device.alive) {
      device.restart();
      this.#observe?.({
        timeMs: this.#nowMs,
        kind: "restarted",
        source: -1,
        frame: -1,
        device: index,
      });
      return;
    }
    const slots = device.finish(this.#nowMs);
    const { end } = device;
    for (const slot of slots) this.#report(end, slot, index);
    if (end === "lost") {
      const startMs = device.nextStartMs(this.#nowMs);
      if (startMs !== Number.POSITIVE_INFINITY) this.#events.schedule(index, startMs);
      this.#dispatcher.deviceGone(index);
    }
    for (const slot of slots) this.#frameEnds(index, slot, end);
  }

  #frameEnds(index: number, slot: number, end: FrameEnd): void {
    if (end === "answered") this.#complete(slot);
    else if ((this.#attempts[slot] as number) >= ATTEMPT_COUNT_MAX) this.#giveUp(slot);
    else {
      this.#retries += 1;
      this.#dispatcher.retry(slot, index);
    }
  }

  #complete(slot: number): void {
    const source = this.#sourceOf[slot] as ModelledSource;
    source.reorder.complete(slot - source.firstSlot);
    this.#emit(source);
    this.#admit(source);
  }

  #giveUp(slot: number): void {
    this.#gaveUp[slot] = 1;
    this.#complete(slot);
  }

  /** No device is left, and none will come back: what waits fails, and the sources end. */
  #abandon(): void {
    for (const source of this.#sources) {
      source.arrived = source.entered;
      source.endIf(true);
    }
    for (let slot = this.#dispatcher.takeAny(); slot >= 0; slot = this.#dispatcher.takeAny()) {
      this.#giveUp(slot);
    }
    for (const source of this.#sources) this.#emit(source);
  }

  #scheduleArrival(source: ModelledSource): void {
    const { arrivalMs, frames } = source.model;
    if (arrivalMs === null || source.arrived >= frames) return;
    const timeMs = Math.max(this.#nowMs, arrivalMs(source.arrived));
    if (timeMs === Number.POSITIVE_INFINITY) return;
    this.#events.schedule(this.#devices.length + source.index, timeMs);
  }

  #frameArrives(source: ModelledSource): void {
    if (source.ended) return;
    source.arrived += 1;
    const ingestMs = this.#processorModel?.ingestMs(source.index, source.arrived - 1) ?? 0;
    this.#processor?.add(this.#devices.length + source.index, ingestMs, this.#nowMs);
    this.#scheduleArrival(source);
    this.#admit(source);
    this.#emit(source);
  }

  /**
   * Frames that have arrived take the slots that are free; what happens to the rest, `drop` says.
   */
  #admit(source: ModelledSource): void {
    const { drop } = source.model;
    while (source.entered < source.arrived && source.freeCount > 0) {
      const slot = source.firstSlot + source.enter(this.#nowMs);
      this.#attempts[slot] = 0;
      this.#gaveUp[slot] = 0;
      this.#report("entered", slot, -1);
      this.#dispatcher.arrive(slot, source.sinceMs[slot - source.firstSlot] as number);
      if (drop === "oldest" && source.freeCount === 0) this.#dropOldest(source);
    }
    if (drop !== "never") while (source.entered < source.arrived) source.skip();
    source.endIf(source.entered === source.model.frames);
  }

  /** As the manager does: the frame that waits longest gives way to the next one. */
  #dropOldest(source: ModelledSource): void {
    // The newest frame must not give way to itself: a device may be free for it.
    this.#dispatcher.dispatch();
    const slot = this.#dispatcher.takeOldest(source.index);
    if (slot >= 0) this.#giveWay(slot, false);
  }

  #giveWay(slot: number, isLate: boolean): void {
    const source = this.#sourceOf[slot] as ModelledSource;
    this.#report("gave-way", slot, -1);
    if (isLate) {
      source.late += 1;
      this.#late.add(source);
    }
    source.reorder.drop(slot - source.firstSlot);
    source.free(slot - source.firstSlot);
  }

  #emit(source: ModelledSource): void {
    const { reorder, firstSlot } = source;
    for (let local = reorder.next(); local !== NOTHING; local = reorder.next()) {
      const frame = reorder.lastId;
      if (local === DROPPED) {
        source.dropped += 1;
        this.#meter.marked(this.#nowMs);
        this.#tell("dropped", source.index, frame);
        continue;
      }
      if (this.#gaveUp[firstSlot + local] === 1) {
        source.failed += 1;
        this.#meter.marked(this.#nowMs);
        this.#tell("given-up", source.index, frame);
      } else {
        source.emitted += 1;
        source.gaps.record(frame);
        this.#meter.emitted(this.#nowMs, this.#nowMs - (source.sinceMs[local] as number));
        this.#tell("emitted", source.index, frame);
      }
      source.free(local);
    }
  }

  #report(kind: SimulationEvent["kind"], slot: number, device: number): void {
    if (this.#observe === undefined) return;
    const source = this.#sourceOf[slot] as ModelledSource;
    const frame = source.frameIds[slot - source.firstSlot] as number;
    this.#observe({ timeMs: this.#nowMs, kind, source: source.index, frame, device });
  }

  #tell(kind: SimulationEvent["kind"], source: number, frame: number): void {
    this.#observe?.({ timeMs: this.#nowMs, kind, source, frame, device: -1 });
  }

  #result(): SimulationResult {
    const sources = this.#sources.map(({ counts }) => counts);
    const total = (key: keyof (typeof sources)[number]): number =>
      sources.reduce((sum, counts) => sum + counts[key], 0);
    return {
      frames: {
        received: total("received"),
        emitted: total("emitted"),
        dropped: total("dropped"),
        failed: total("failed"),
      },
      sources,
      devices: this.#devices.map(({ frames, busyMs, out }) => ({
        frames,
        out,
        busyRatio: this.#nowMs === 0 ? 0 : busyMs / this.#nowMs,
      })),
      retries: this.#retries,
      throughputFps: this.#meter.throughputFps,
      latencyMs: this.#meter.latency(),
      elapsedMs: this.#nowMs,
    };
  }
}

function isFinished({ ended, reorder }: ModelledSource): boolean {
  return ended && reorder.finished;
}
