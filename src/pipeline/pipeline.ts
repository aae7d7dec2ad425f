import { EventEmitter } from "node:events";
import { freemem } from "node:os";
import type { DeviceInstance } from "../backend/backend.ts";
import { parseDevice } from "../backend/device-spec.ts";
import { resolveDevices } from "../backend/resolve.ts";
import { checkOutputs } from "../config/outputs.ts";
import { checkResume } from "../config/resume.ts";
import type { RunConfig, RunConfigInput } from "../config/run-config.ts";
import { resolveRunConfig } from "../config/schema.ts";
import { AipError, runtimeError, usageError } from "../errors.ts";
import { planeLayout } from "../layout/planes.ts";
import { AccuracyMeter } from "../metrics/accuracy.ts";
import type { Report } from "../metrics/report.ts";
import { clockMs, closeFd, createPipe } from "../native/library.ts";
import {
  allocateArena,
  layoutArena,
  resultOffset,
  slotOffset,
  unrootArena,
} from "../ring/arena.ts";
import { createScheduler, parseSchedule, withWeights } from "../schedule/schedule-spec.ts";
import { NdjsonSink } from "../sink/ndjson.ts";
import { writeReport } from "../sink/report-file.ts";
import { findResumePoints, type ResumePoint } from "../sink/resume-point.ts";
import type { Sink } from "../sink/sink.ts";
import { VideoSink } from "../sink/video.ts";
import { openSources } from "../source/open.ts";
import type { Source } from "../source/source.ts";
import type { Stage } from "../stage/stage.ts";
import type { Frame, RunContext } from "../types.ts";
import { DevicePool, SEATS_PER_DEVICE } from "./device-pool.ts";
import { EmittedFrame } from "./emitted-frame.ts";
import { FrameQueue } from "./frame-queue.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { Manager, noDeviceLeft } from "./manager.ts";
import { reportOf } from "./run-report.ts";
import { SourceRunner } from "./source-runner.ts";

/** How often hung workers are looked for. */
const WATCHDOG_MS = 200;
// Slots of a source, where none are asked for; see `defaultSlotCount`.
const SLOTS_MIN = 8;
const SLOTS_MAX = 64;
const SLOTS_BYTES = 64 * 2 ** 20;
/** Ground-truth records of a demo frame; see AIP_DEMO_OBJECTS_MAX. */
const TRUTH_CAPACITY = 256;
/** Memory the slots must leave to everybody else. */
const MEMORY_SPARE_BYTES = 256 * 2 ** 20;
const FPS_UNKNOWN = 25;

/** Everything `aip run` takes, and what only code can give. */
export interface PipelineOptions extends Omit<RunConfigInput, "sources"> {
  /** What `aip run` takes, such as `"clip.mp4"`, or sources of one's own. Default `demo`. */
  readonly sources?: string | readonly (string | Source)[];
  /** Steps every frame passes in order, before the sinks. */
  readonly stages?: readonly Stage[];
  /** Sinks besides those of `output` and `annotate`. */
  readonly sinks?: readonly Sink[];
  /** Ends the run as `stop()` does. */
  readonly signal?: AbortSignal;
  /** How the processes ended that ran this before and crashed, for the report: `["SIGSEGV"]`. */
  readonly crashes?: readonly string[];
}

/** What is known once everything has been opened, before the first frame. */
export interface RunInfo {
  readonly sources: readonly Source[];
  readonly devices: readonly DeviceInstance[];
  readonly schedule: string;
  /** Name of the model; null where only devices without one run. */
  readonly model: string | null;
  readonly labels: readonly string[];
  readonly slotCount: number;
  /** Frames all sources together will deliver, where that can be told. */
  readonly frameCount: number | undefined;
}

export interface PipelineEvents {
  /** Sources, model and devices are open; workers are being started. */
  prepared: [info: RunInfo];
  /** All devices are warm; the first frame is being read. */
  started: [];
  /** Something people should know: a device that was left out, restarted or taken out. */
  note: [text: string];
}

/**
 * Video in, results out, in order, from every device at once.
 *
 * ```text
 * source ─► ingest ─► frame ring ─► scheduler ─► command ring ─► worker ─► result ring ─► reorder ─► stages ─► sinks
 *           Worker                  this thread                  Worker                   this thread
 * ```
 *
 * A pipeline runs once: iterate over it, or call `run()`.
 *
 * @example
 * ```ts
 * await using pipeline = new Pipeline({ sources: "clip.mp4", model: "yolox_nano.onnx" });
 * for await (const frame of pipeline) console.log(frame.frame, frame.detections.length);
 * console.log(pipeline.report().throughput_fps);
 * ```
 */
export class Pipeline implements AsyncIterable<Frame>, AsyncDisposable {
  readonly config: RunConfig;
  readonly events: EventEmitter<PipelineEvents> = new EventEmitter();
  readonly #named: readonly string[];
  readonly #ownSources: readonly Source[];
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.stop();
  readonly #sinks: Sink[];
  readonly #stages: Stage[];
  readonly #crashes: readonly string[];
  readonly #notes: string[] = [];
  #run: Promise<Report> | undefined;
  #parts: Parts | undefined;
  #stopped = false;
  #error: AipError | null = null;
  #report: Report | undefined;
  readonly #versions: Record<string, string> = { bun: Bun.version };
  readonly #modelNames = new Map<string, string>();

  /** @throws {AipError} category `usage`, where an option is unknown or out of range */
  constructor(options: PipelineOptions = {}) {
    const { stages = [], sinks = [], crashes = [], signal, sources = "demo", ...config } = options;
    const given = typeof sources === "string" ? [sources] : sources;
    this.#ownSources = given.filter((source) => typeof source !== "string");
    const named = given.filter((source) => typeof source === "string");
    this.config = resolveRunConfig({ ...config, ...(named.length > 0 && { sources: named }) });
    this.#named = named;
    checkOutputs(this.config);
    checkResume(this.config);
    this.#crashes = crashes;
    this.#stages = [...stages];
    this.#sinks = [...sinks];
    const { output, annotate, resume: append } = this.config;
    // Opened in this order: the video may refuse (no ffmpeg) before the results' file is replaced.
    if (annotate !== undefined) this.#sinks.push(new VideoSink({ path: annotate }));
    if (output !== undefined) this.#sinks.push(new NdjsonSink({ path: output, append }));
    this.#signal = signal;
  }

  /** What ended the run before its sources did; null where nothing did. */
  get error(): AipError | null {
    return this.#error;
  }

  /**
   * Runs to the end and returns the report; `error` and the report's `end` say how it went.
   * @throws {AipError} where the run cannot start: category `usage`
   */
  run(): Promise<Report> {
    if (this.#run === undefined) {
      const signal = this.#signal;
      if (signal?.aborted === true) this.stop();
      // A signal may outlive many pipelines: it must not hold on to this one.
      signal?.addEventListener("abort", this.#onAbort);
      this.#run = this.#start().finally(() => signal?.removeEventListener("abort", this.#onAbort));
    }
    return this.#run;
  }

  /** Every frame, in order per source. A slow reader slows the sources down. */
  async *[Symbol.asyncIterator](): AsyncIterator<Frame> {
    if (this.#run !== undefined) throw new TypeError("a pipeline runs once");
    const queue = new FrameQueue();
    this.#sinks.push(queue);
    const run = this.run();
    // A run that cannot start must end the loop below; the error is thrown after it.
    const ended = run.catch(() => queue.close());
    let isLeft = true;
    try {
      for (let frame = await queue.next(); frame !== undefined; frame = await queue.next()) {
        yield frame;
      }
      isLeft = false;
    } finally {
      queue.abandon();
      if (isLeft) this.stop();
      await ended;
    }
    await run;
    if (this.#error !== null) throw this.#error;
  }

  /** Stops the sources; what is under way is finished and written. Returns at once. */
  stop(): void {
    this.#stopped = true;
    for (const source of this.#parts?.sources ?? []) source.stop();
    this.#parts?.manager.wake();
  }

  /**
   * The figures of the run, also while it goes on.
   * @throws {TypeError} before the first frame
   */
  report(): Report {
    if (this.#report !== undefined) return this.#report;
    if (this.#parts === undefined) throw new TypeError("the pipeline has not started");
    return this.#reportNow(this.#parts, clockMs());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#run?.catch(() => undefined);
  }

  async #start(): Promise<Report> {
    const models: LoadedModel[] = [];
    const opened = await openSources(this.#named, {
      pipes: { createPipe, closeFd },
      hwaccel: this.config.hwaccel,
      ...(this.config.pixelFormat !== undefined && { pixelFormat: this.config.pixelFormat }),
      ...(this.config.frames !== undefined && { frames: this.config.frames }),
    });
    const sources = [...opened, ...this.#ownSources];
    try {
      checkOutputs(this.config, sources);
      const load = (name: string): Promise<LoadedModel["task"]> => {
        const model = loadModel(name, this.config);
        models.push(model);
        return Promise.resolve(model.task);
      };
      const { instances, notes, machine } = await resolveDevices(
        this.config.devices.map(parseDevice),
        {
          model: () => load(this.config.model),
          loadModel: load,
        },
      );
      const { onnxRuntime } = machine ?? { onnxRuntime: null };
      if (onnxRuntime !== null) this.#versions["onnxruntime"] = onnxRuntime.version;
      for (const { spec } of models) this.#modelNames.set(spec.path, spec.name);
      const resumed = await this.#resumePoints(sources);
      this.#notes.push(
        ...notes,
        ...models.flatMap((model) => model.spec.notes),
        ...resumeNotes(resumed, this.#crashes),
      );
      const weighted = withWeights(parseSchedule(this.config.schedule), instances);
      return await this.#runParts(sources, models, weighted, resumed);
    } finally {
      await Promise.all(sources.map((source) => source.close()));
    }
  }

  /** Where each source goes on, where the results of an earlier run say so. */
  async #resumePoints(sources: readonly Source[]): Promise<ResumePoints> {
    const { resume, output } = this.config;
    if (!resume || output === undefined) return new Map();
    const points = await findResumePoints(output);
    const other = [...points.keys()].find((name) => sources.every((one) => one.name !== name));
    if (other === undefined) return points;
    const names = sources.map(({ name }) => `"${name}"`).join(", ");
    const reason = `it holds results of "${other}", and this run's sources are ${names}`;
    throw usageError("resume-invalid", `Cannot go on with "${output}": ${reason}`);
  }

  async #runParts(
    sources: readonly Source[],
    models: readonly LoadedModel[],
    instances: readonly DeviceInstance[],
    resumed: ResumePoints,
  ): Promise<Report> {
    const { config } = this;
    const slotCount = config.slots ?? defaultSlotCount(sources, instances);
    const layout = layoutArena({
      sources: sources.map(({ info }) => ({
        slotCount,
        pixelBytes: planeLayout(info.geometry).sizeBytes,
        truthCapacity: info.truthClasses === undefined ? 0 : TRUTH_CAPACITY,
      })),
      seatCount: SEATS_PER_DEVICE * instances.length,
      payloadBytes: Math.max(0, ...models.map((model) => model.payloadBytes)),
    });
    const labels = models[0]?.spec.labels ?? [];
    this.events.emit("prepared", {
      sources,
      devices: instances,
      schedule: config.schedule,
      model: models[0]?.spec.name ?? null,
      labels,
      slotCount,
      frameCount: totalFrames(sources, config.frames, resumed),
    });
    for (const note of this.#notes) this.events.emit("note", note);
    const arena = allocateArena(layout, freemem() - MEMORY_SPARE_BYTES);

    let manager: Manager | undefined;
    let isHopeless = false;
    const pool = new DevicePool({
      arena,
      layout,
      instances,
      warmUp: (sources[0] as Source).info.geometry,
      onLost: (device, seat, hung, reason) => {
        this.#note(`device ${device.instance.id} ${reason}`);
        manager?.deviceLost(device, seat, hung, reason);
      },
      onQuarantineEnd: (results) => manager?.quarantineEnded(results),
      onChange: () => {
        if (manager === undefined) return;
        if (!(pool.hasHope || isHopeless)) {
          isHopeless = true;
          const error = noDeviceLeft(pool.devices);
          this.#fail(error);
          manager.abandon(error);
        }
        manager.wake();
      },
    });
    const runners = sources.map(
      (source, index) =>
        new SourceRunner({
          index,
          source,
          arena,
          layout,
          drop: config.drop ?? (source.live ? "oldest" : "never"),
          fps: config.fps ?? null,
          frameLimit: config.frames ?? null,
          resume: resumed.get(source.name) ?? null,
          onEnd: (runner) => {
            if (runner.error !== null) this.#fail(runner.error);
            manager?.sourceEnded(runner);
          },
        }),
    );
    const frame = new EmittedFrame({
      arena,
      layout,
      sourceNames: sources.map((source) => source.name),
      deviceIds: instances.map((instance) => instance.id),
      labels,
      hold: (slot) => manager?.hold(slot),
    });
    const context: RunContext = {
      sources: sources.map(({ name, info }) => ({
        name,
        width: info.geometry.width,
        height: info.geometry.height,
        fps: config.fps ?? info.fps ?? FPS_UNKNOWN,
        truthClasses: info.truthClasses ?? [],
      })),
      devices: instances.map(({ id, kind }) => ({ id, kind })),
      labels,
      arena,
      slotOffsetBytes: (slot) => slotOffset(layout, slot),
      resultOffsetBytes: (result) => resultOffset(layout, result),
      release: (slot) => manager?.release(slot),
      fail: (error) => {
        this.#fail(asAipError(error));
        if (this.#error !== null) manager?.fail();
      },
    };
    const hasTruth = models.length > 0 && context.sources.some((s) => s.truthClasses.length > 0);
    const accuracy = hasTruth ? new AccuracyMeter(context) : null;
    const stages = this.#stages;
    const sinks = this.#sinks;
    manager = new Manager({
      arena,
      layout,
      devices: pool.devices,
      sources: runners,
      scheduler: createScheduler(parseSchedule(config.schedule).name, pool.devices),
      frame,
      emit: () => {
        accuracy?.add(frame);
        for (const stage of stages) stage.process(frame);
        for (const sink of sinks) sink.write(frame);
      },
    });
    const openStages: Stage[] = [];
    const openSinks: Sink[] = [];
    let isComplete = false;
    const watchdog = setInterval(() => pool.checkForHangs(), WATCHDOG_MS);
    const parts = { manager, sources: runners, pool, accuracy, startedMs: 0 };
    try {
      for (const runner of runners) runner.prepare();
      await pool.start();
      for (const stage of stages) {
        await stage.open?.(context);
        openStages.push(stage);
      }
      for (const sink of sinks) {
        await sink.open(context);
        openSinks.push(sink);
      }
      this.#parts = parts;
      parts.startedMs = clockMs();
      this.events.emit("started");
      for (const runner of runners) {
        if (this.#stopped) runner.stop();
        runner.start();
      }
      await manager.run();
      isComplete = this.#error === null && !this.#stopped;
    } finally {
      clearInterval(watchdog);
      for (const stage of openStages) await this.#closing(stage.close?.bind(stage));
      for (const sink of openSinks) await this.#closing(() => sink.close(isComplete));
      await Promise.all(runners.map((runner) => this.#closing(() => runner.close())));
      await pool.stop();
      unrootArena(arena);
    }
    const endedMs = manager.lastEmittedMs === 0 ? clockMs() : manager.lastEmittedMs;
    let report = this.#reportNow(parts, endedMs);
    if (config.report !== undefined) {
      try {
        await writeReport(config.report, report);
      } catch (error) {
        this.#fail(asAipError(error));
        report = this.#reportNow(parts, endedMs);
      }
    }
    this.#report = report;
    // From here on the report is all there is: the arena must not live as long as this object.
    this.#parts = undefined;
    this.#sinks.length = 0;
    this.#stages.length = 0;
    return report;
  }

  /** What cannot be finished makes the run a failed one, and keeps nothing else from closing. */
  async #closing(close: (() => void | Promise<void>) | undefined): Promise<void> {
    try {
      await close?.();
    } catch (error) {
      this.#fail(asAipError(error));
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
    this.#notes.push(text);
    this.events.emit("note", text);
  }

  #reportNow(parts: Parts, endedMs: number): Report {
    const complete = this.#stopped ? "interrupted" : "complete";
    return reportOf({
      end: this.#error === null ? complete : "failed",
      error: this.#error?.message ?? null,
      schedule: this.config.schedule,
      manager: parts.manager,
      sources: parts.sources,
      devices: parts.pool.devices,
      restarts: parts.pool.restarts,
      crashes: this.#crashes,
      startedMs: firstReadMs(parts),
      endedMs,
      notes: [
        ...this.#notes,
        ...parts.sources.flatMap(({ source }) => source.notes()),
        ...this.#sinks.flatMap((sink) => sink.notes?.() ?? []),
      ],
      outputs: [
        ...this.#sinks.flatMap((sink) => sink.outputs()),
        ...(this.config.report === undefined ? [] : [this.config.report]),
      ],
      accuracy: parts.accuracy?.result() ?? null,
      versions: this.#versions,
      modelNames: this.#modelNames,
    });
  }
}

type ResumePoints = ReadonlyMap<string, ResumePoint>;

/** What people should know of the runs this one follows. */
function resumeNotes(resumed: ResumePoints, crashes: readonly string[]): string[] {
  const notes = crashes.length === 0 ? [] : [`restarted after a crash: ${crashes.join(", ")}`];
  for (const [name, { nextFrame }] of resumed) {
    const frames = nextFrame === 1 ? "frame 0 comes" : `frames 0 to ${nextFrame - 1} come`;
    notes.push(`${name}: ${frames} from an earlier run, and are not in these figures`);
  }
  return notes;
}

/** What a started run consists of. */
interface Parts {
  readonly manager: Manager;
  readonly sources: readonly SourceRunner[];
  readonly pool: DevicePool;
  readonly accuracy: AccuracyMeter | null;
  startedMs: number;
}

/**
 * Slots of each source. While the slowest device is at one frame, the others finish T_max·Σr of
 * them (rates r, its time T_max), which wait for it in their slots: with fewer, it stalls the
 * others; more only buy latency. Two a device for what is under way, as far as the memory goes.
 */
function defaultSlotCount(sources: readonly Source[], devices: readonly DeviceInstance[]): number {
  const weights = devices.map((device) => device.weight);
  const overtaking = weights.reduce((sum, weight) => sum + weight, 0) / Math.min(...weights);
  const bytes = sources.reduce((sum, { info }) => sum + planeLayout(info.geometry).sizeBytes, 0);
  const most = Math.max(SLOTS_MIN, Math.min(SLOTS_MAX, Math.floor(SLOTS_BYTES / bytes)));
  return Math.max(SLOTS_MIN, Math.min(most, Math.ceil(overtaking) + 2 * devices.length));
}

/** When the first source began to read: decoders and scenes are open by then. */
function firstReadMs({ sources, startedMs }: Parts): number {
  const begun = sources.map((source) => source.startedMs).filter((ms) => ms > 0);
  return begun.length === 0 ? startedMs : Math.min(...begun);
}

/** Frames all sources will deliver; undefined where one cannot tell. */
function totalFrames(
  sources: readonly Source[],
  limit: number | undefined,
  resumed: ResumePoints,
): number | undefined {
  let total = 0;
  for (const { info, name } of sources) {
    const count = info.frameCount ?? limit;
    if (count === undefined) return undefined;
    const whole = limit === undefined ? count : Math.min(count, limit);
    total += Math.max(0, whole - (resumed.get(name)?.nextFrame ?? 0));
  }
  return total;
}

function asAipError(error: unknown): AipError {
  if (error instanceof AipError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return runtimeError("sink-failed", message, error);
}
