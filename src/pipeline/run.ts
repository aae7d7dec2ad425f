import type { EventEmitter } from "node:events";
import { freemem } from "node:os";
import type { RunConfig } from "../config/run-config.ts";
import { shareOf } from "../config/source-values.ts";
import { AipError, runtimeError } from "../errors.ts";
import { planeLayout } from "../layout/planes.ts";
import { AccuracyMeter } from "../metrics/accuracy.ts";
import type { Report } from "../metrics/report.ts";
import { clockMs } from "../native/library.ts";
import {
  type ArenaLayout,
  allocateArena,
  layoutArena,
  resultOffset,
  slotOffset,
  unrootArena,
} from "../ring/arena.ts";
import { createScheduler, parseSchedule } from "../schedule/schedule-spec.ts";
import { writeReport } from "../sink/report-file.ts";
import type { Sink } from "../sink/sink.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import { deliveredGeometry } from "../source/scaled.ts";
import type { Source } from "../source/source.ts";
import type { Stage } from "../stage/stage.ts";
import type { RunContext } from "../types.ts";
import { Departures } from "./departures.ts";
import { DevicePool, SEATS_PER_DEVICE } from "./device-pool.ts";
import { DriftLog } from "./drift-log.ts";
import { EmittedFrame } from "./emitted-frame.ts";
import { Manager, noDeviceLeft } from "./manager.ts";
import { type Opened, totalFrames } from "./opened.ts";
import type { PipelineEvents } from "./options.ts";
import { reportOf } from "./run-report.ts";
import { defaultSlotCount } from "./slot-count.ts";
import { SlotTable } from "./slot-table.ts";
import { SourceRunner } from "./source-runner.ts";
import { StageTimes } from "./stage-times.ts";

/** How often hung workers and changes of speed are looked for. */
const WATCHDOG_MS = 200;
/** Ground-truth records of a demo frame; see AIP_DEMO_OBJECTS_MAX. */
const TRUTH_CAPACITY = 256;
/** Memory the slots must leave to everybody else. */
const MEMORY_SPARE_BYTES = 256 * 2 ** 20;
const FPS_UNKNOWN = 25;
const ASYNCHRONOUS = "process() returned something; it must be synchronous and return nothing";

export interface RunOptions {
  readonly config: RunConfig;
  readonly opened: Opened;
  readonly stages: readonly Stage[];
  readonly sinks: readonly Sink[];
  /** Of the sink that wants to know of every step; null where there is none. */
  readonly trace: TraceRecorder | null;
  readonly crashes: readonly string[];
  readonly events: EventEmitter<PipelineEvents>;
}

/** One run from its first worker to its report: everything that lives as long as the arena does. */
export class Run {
  readonly #options: RunOptions;
  readonly #layout: ArenaLayout;
  readonly #arena: SharedArrayBuffer;
  readonly #pool: DevicePool;
  readonly #sources: readonly SourceRunner[];
  readonly #stages = new StageTimes();
  readonly #departures: Departures;
  readonly #manager: Manager;
  readonly #drift: DriftLog;
  readonly #accuracy: AccuracyMeter | null;
  readonly #context: RunContext;
  readonly #notes: string[];
  #error: AipError | null = null;
  #isStopped = false;
  #isHopeless = false;
  #isReportLost = false;
  #isBroken = false;
  #startedMs = 0;

  /** @throws {AipError} `slots-too-many` where they do not fit into the memory */
  constructor(options: RunOptions) {
    const { config, opened, events } = options;
    const { sources, models, instances } = opened;
    this.#options = options;
    this.#notes = [...opened.notes];
    const slotCount = config.slots ?? defaultSlotCount(sources, instances);
    this.#layout = layoutArena({
      sources: sources.map(({ info }) => ({
        slotCount,
        pixelBytes: planeLayout(deliveredGeometry(info)).sizeBytes,
        truthCapacity: info.truthClasses === undefined ? 0 : TRUTH_CAPACITY,
      })),
      seatCount: SEATS_PER_DEVICE * instances.length,
      payloadBytes: Math.max(0, ...models.map((model) => model.payloadBytes)),
    });
    const labels = models[0]?.spec.labels ?? [];
    events.emit("prepared", {
      sources,
      devices: instances,
      schedule: config.schedule,
      model: models[0]?.spec.name ?? null,
      labels,
      slotCount,
      frameCount: totalFrames(opened, config.frames),
    });
    for (const note of this.#notes) events.emit("note", note);
    this.#arena = allocateArena(this.#layout, freemem() - MEMORY_SPARE_BYTES);
    this.#pool = this.#makePool();
    this.#drift = new DriftLog(this.#pool.devices, (text) => events.emit("note", text));
    this.#sources = sources.map((source, index) => this.#makeSource(source, index));
    this.#context = this.#makeContext(labels);
    const arena = this.#arena;
    const layout = this.#layout;
    const slots = new SlotTable({ arena, layout, sources: this.#sources });
    const frame = new EmittedFrame({
      arena,
      layout,
      sources,
      deviceIds: instances.map((instance) => instance.id),
      labels,
      hold: (slot) => slots.hold(slot),
    });
    // Classes left out on request are not missed.
    this.#accuracy = config.classes === undefined ? meterFor(this.#context) : null;
    this.#departures = new Departures({
      slots,
      stages: this.#stages,
      frame,
      emit: () => this.#emit(frame),
      trace: options.trace,
    });
    this.#manager = this.#makeManager(slots);
  }

  /** What ended the run before its sources did; null where nothing did. */
  get error(): AipError | null {
    return this.#error;
  }

  /** Stops the sources; what is under way is finished and written. */
  stop(): void {
    this.#isStopped = true;
    for (const source of this.#sources) source.stop();
    this.#manager.wake();
  }

  /** Runs to the end, closes everything and returns the report. Called once. */
  async execute(): Promise<Report> {
    const { stages, sinks, config } = this.#options;
    const openStages: Stage[] = [];
    const openSinks: Sink[] = [];
    let isComplete = false;
    const watchdog = setInterval(() => this.#watch(), WATCHDOG_MS);
    try {
      for (const source of this.#sources) source.prepare();
      await this.#pool.start();
      for (const stage of stages) {
        await stage.open?.(this.#context);
        openStages.push(stage);
      }
      for (const sink of sinks) {
        await sink.open(this.#context);
        openSinks.push(sink);
      }
      this.#startedMs = clockMs();
      this.#options.events.emit("started");
      for (const source of this.#sources) {
        if (this.#isStopped) source.stop();
        source.start();
      }
      await this.#manager.run();
      this.#tellOfFailures();
      isComplete = this.#error === null && !this.#isStopped;
    } finally {
      clearInterval(watchdog);
      for (const stage of openStages) await this.#closing(stage.close?.bind(stage));
      for (const sink of openSinks) await this.#closing(() => sink.close(isComplete));
      await Promise.all(this.#sources.map((source) => this.#closing(() => source.close())));
      await this.#pool.stop();
      unrootArena(this.#arena);
    }
    const { report: path } = config;
    if (path !== undefined) {
      this.#isReportLost = !(await this.#closing(() => writeReport(path, this.#endReport())));
    }
    return this.#endReport();
  }

  /** The figures so far. @throws {TypeError} before the first frame */
  report(): Report {
    if (this.#startedMs === 0) throw new TypeError("the pipeline has not started");
    return this.#reportAt(clockMs());
  }

  #watch(): void {
    this.#pool.checkForHangs();
    if (this.#startedMs > 0) this.#drift.look(clockMs(), this.#startedMs);
  }

  #makePool(): DevicePool {
    const { config, opened } = this.#options;
    const { instances, sources } = opened;
    const pool: DevicePool = new DevicePool({
      arena: this.#arena,
      layout: this.#layout,
      instances,
      geometry: deliveredGeometry((sources[0] as Source).info),
      latencyGoalMs: config.latency ?? null,
      onLost: (device, seat, hung, reason) => {
        this.#note(`device ${device.instance.id}: ${reason}`);
        this.#manager.deviceLost(device, seat, hung, reason);
      },
      onRestart: ({ instance }) => this.#options.trace?.event("restart", instance.id),
      onQuarantineEnd: (results) => this.#manager.quarantineEnded(results),
      onChange: () => {
        if (!(pool.hasHope || this.#isHopeless)) {
          this.#isHopeless = true;
          const error = noDeviceLeft(pool.devices);
          this.#fail(error);
          this.#manager.abandon(error);
        }
        this.#manager.wake();
      },
    });
    return pool;
  }

  #makeSource(source: Source, index: number): SourceRunner {
    const { config, opened } = this.#options;
    return new SourceRunner({
      index,
      source,
      arena: this.#arena,
      layout: this.#layout,
      drop: config.drop ?? (source.live ? "oldest" : "never"),
      share: shareOf(source.name, config),
      fps: source.paceFps ?? config.fps ?? null,
      frameLimit: config.frames ?? null,
      resume: opened.resumed.get(source.name) ?? null,
      onEnd: (runner) => {
        if (runner.error !== null) this.#fail(runner.error);
        this.#manager.sourceEnded(runner);
      },
    });
  }

  #makeContext(labels: readonly string[]): RunContext {
    const { config, opened } = this.#options;
    return {
      sources: opened.sources.map((source) => ({
        name: source.name,
        width: source.info.geometry.width,
        height: source.info.geometry.height,
        fps: config.fps ?? source.info.fps ?? FPS_UNKNOWN,
        truthClasses: source.info.truthClasses ?? [],
        fileAt: source.fileAt?.bind(source),
      })),
      devices: opened.instances.map(({ id, kind }) => ({ id, kind })),
      labels,
      arena: this.#arena,
      slotOffsetBytes: (slot) => slotOffset(this.#layout, slot),
      resultOffsetBytes: (result) => resultOffset(this.#layout, result),
      release: (slot) => this.#manager.release(slot),
      fail: (error) => {
        this.#fail(asAipError(error));
        if (this.#error !== null) this.#manager.fail();
      },
    };
  }

  #makeManager(slots: SlotTable): Manager {
    const { config } = this.#options;
    return new Manager({
      arena: this.#arena,
      slots,
      devices: this.#pool.devices,
      sources: this.#sources,
      scheduler: createScheduler(parseSchedule(config.schedule), this.#pool.devices),
      stages: this.#stages,
      departures: this.#departures,
      onBroken: (device, reason) => this.#pool.replace(device, reason),
      trace: this.#options.trace,
    });
  }

  /** HOT: every frame on its way out. Once a stage or a sink has thrown, nothing more is written. */
  #emit(frame: EmittedFrame): void {
    if (this.#isBroken) return;
    const { stages, sinks } = this.#options;
    let at: Stage | Sink | undefined;
    try {
      this.#accuracy?.add(frame);
      for (const stage of stages) {
        at = stage;
        if ((stage.process(frame) as unknown) !== undefined) throw new TypeError(ASYNCHRONOUS);
      }
      for (const sink of sinks) {
        at = sink;
        sink.write(frame);
      }
    } catch (cause) {
      this.#isBroken = true;
      const source = this.#sources[frame.sourceIndex]?.source.name;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `"${at?.name}" failed at frame ${frame.frameId} of ${source}: ${reason}`;
      this.#fail(cause instanceof AipError ? cause : runtimeError("stage-failed", message, cause));
      this.#manager.fail();
    }
  }

  /** Failed frames are told with a cause; a run that answered none of its frames has failed. */
  #tellOfFailures(): void {
    const { firstFailure } = this.#departures;
    if (firstFailure === null || this.#error !== null) return;
    const failed = this.#sources.reduce((sum, source) => sum + source.failed, 0);
    const emitted = this.#sources.reduce((sum, source) => sum + source.emitted, 0);
    const count = failed === 1 ? "1 frame" : `${failed} frames`;
    if (emitted > 0) this.#note(`${count} failed, first ${firstFailure}`);
    else this.#fail(runtimeError("all-failed", `No frame was answered: ${firstFailure}`));
  }

  /** What cannot be finished makes the run a failed one, and keeps nothing else from closing. */
  async #closing(close: (() => void | Promise<void>) | undefined): Promise<boolean> {
    try {
      await close?.();
      return true;
    } catch (error) {
      this.#fail(asAipError(error));
      return false;
    }
  }

  #fail(error: AipError): void {
    // Whoever read the results has had enough, as `head` does: an end, and no failure.
    if (error.code === "output-closed") {
      this.stop();
      return;
    }
    this.#error ??= error;
    if (this.#error !== error) this.#note(error.message);
  }

  #note(text: string): void {
    this.#options.trace?.event("note", text);
    this.#notes.push(text);
    this.#options.events.emit("note", text);
  }

  #endReport(): Report {
    const { lastMs } = this.#departures;
    return this.#reportAt(lastMs === 0 ? clockMs() : lastMs);
  }

  #reportAt(nowMs: number): Report {
    const { config, crashes, opened, sinks } = this.#options;
    const runtime = opened.onnxRuntimeVersion;
    // Counted from the first read: decoders and scenes are open by then.
    const begun = this.#sources.map((source) => source.startedMs).filter((ms) => ms > 0);
    const complete = this.#isStopped ? "interrupted" : "complete";
    return reportOf({
      end: this.#error === null ? complete : "failed",
      error: this.#error?.message ?? null,
      schedule: config.schedule,
      manager: this.#manager,
      departures: this.#departures,
      stages: this.#stages,
      sources: this.#sources,
      devices: this.#pool.devices,
      restarts: this.#pool.restarts,
      crashes,
      startedMs: begun.length === 0 ? this.#startedMs : Math.min(...begun),
      endedMs: nowMs,
      drift: this.#drift.changes,
      notes: [
        ...this.#notes,
        ...this.#sources.flatMap(({ source }) => source.notes()),
        ...sinks.flatMap((sink) => sink.notes?.() ?? []),
      ],
      outputs: [
        ...sinks.flatMap((sink) => sink.outputs()),
        ...(config.report === undefined || this.#isReportLost ? [] : [config.report]),
      ],
      accuracy: this.#accuracy?.result() ?? null,
      versions: { bun: Bun.version, ...(runtime !== null && { onnxruntime: runtime }) },
      modelNames: new Map(opened.models.map(({ spec }) => [spec.path, spec.name])),
    });
  }
}

/** A meter where sources carry ground truth and the model knows every class of it. */
function meterFor(context: RunContext): AccuracyMeter | null {
  const classes = context.sources.flatMap((source) => source.truthClasses);
  const isKnown = classes.every((label) => context.labels.includes(label));
  return classes.length > 0 && isKnown ? new AccuracyMeter(context) : null;
}

function asAipError(error: unknown): AipError {
  if (error instanceof AipError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return runtimeError("sink-failed", message, error);
}
