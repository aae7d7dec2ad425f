import { EventEmitter } from "node:events";
import { checkTarget } from "../cascade/file/save.ts";
import { checkOutputs } from "../config/outputs.ts";
import { checkResume, followsResults } from "../config/resume.ts";
import type { RunConfig } from "../config/run-config.ts";
import { resolveRunConfig } from "../config/schema.ts";
import type { AipError } from "../errors.ts";
import type { Report } from "../metrics/report.ts";
import { NdjsonSink } from "../sink/ndjson.ts";
import type { Sink } from "../sink/sink.ts";
import { TraceSink } from "../sink/trace.ts";
import { VideoSink } from "../sink/video.ts";
import type { Source } from "../source/source.ts";
import type { Stage } from "../stage/stage.ts";
import type { Frame } from "../types.ts";
import { preloadRuntime } from "./auto-devices.ts";
import { FrameQueue } from "./frame-queue.ts";
import { settleIngest } from "./ingest-size.ts";
import { openNamedSources, openRun } from "./opened.ts";
import type { PipelineEvents, PipelineOptions } from "./options.ts";
import type { Retrainer } from "./retrainer.ts";
import { Run } from "./run.ts";
import { checkFit, openCascade, pixelsEvery, type RunCascade, withCascade } from "./run-cascade.ts";

/**
 * Video in, results out, in order, from every device at once.
 *
 * ```text
 * source ─► ingest ─► ring ─► scheduler ─► ring ─► worker ─► ring ─► reorder ─► stages ─► sinks
 *           Worker            this thread          Worker           this thread
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
  readonly #trace: TraceSink | null;
  readonly #stages: Stage[];
  readonly #crashes: readonly string[];
  readonly #firstFrame: number;
  /** Of one's own; null where the configuration names a file, or none. */
  readonly #ownCascade: RunCascade | null;
  readonly #retrainer: Retrainer | null;
  #promise: Promise<Report> | undefined;
  #run: Run | undefined;
  readonly #stopping = new AbortController();
  #error: AipError | null = null;
  #report: Report | undefined;

  /** @throws {AipError} category `usage`, where an option is unknown or out of range */
  constructor(options: PipelineOptions = {}) {
    const { stages = [], sinks = [], crashes = [], firstFrame = 0, signal, ...others } = options;
    const { sources = "demo", ...rest } = others;
    const { cascade, retrainer = null, ...config } = rest;
    const given = typeof sources === "string" ? [sources] : sources;
    this.#ownSources = given.filter((source) => typeof source !== "string");
    this.#named = given.filter((source) => typeof source === "string");
    // An empty list is checked, and refused, as the configuration's own.
    const isNamed = this.#named.length > 0 || this.#ownSources.length === 0;
    const named = isNamed && { sources: this.#named };
    const file = typeof cascade === "string" && { cascade };
    this.config = resolveRunConfig({ ...config, ...named, ...file });
    this.#retrainer = retrainer;
    this.#ownCascade = typeof cascade === "object" ? cascade : null;
    checkOutputs(this.config);
    checkResume(this.config);
    this.#crashes = crashes;
    this.#firstFrame = firstFrame;
    this.#stages = [...stages];
    this.#sinks = [...sinks];
    const { output, annotate, resume: append, trace } = this.config;
    // Opened in this order: the video may refuse (no ffmpeg) before the results' file is replaced.
    if (annotate !== undefined) this.#sinks.push(new VideoSink({ path: annotate }));
    if (output !== undefined) this.#sinks.push(new NdjsonSink({ path: output, append }));
    this.#trace = trace === undefined ? null : new TraceSink({ path: trace });
    // Last, so that it sees what the others took.
    if (this.#trace !== null) this.#sinks.push(this.#trace);
    this.#signal = signal;
  }

  /** What ended the run before its sources did; null where nothing did. */
  get error(): AipError | null {
    return this.#run?.error ?? this.#error;
  }

  /**
   * Runs to the end and returns the report; `error` and the report's `end` say how it went.
   * @throws {AipError} where the run cannot start: category `usage`
   */
  run(): Promise<Report> {
    if (this.#promise === undefined) {
      const signal = this.#signal;
      if (signal?.aborted === true) this.stop();
      // A signal may outlive many pipelines: it must not hold on to this one.
      signal?.addEventListener("abort", this.#onAbort);
      const forget = (): void => signal?.removeEventListener("abort", this.#onAbort);
      this.#promise = this.#start().finally(forget);
    }
    return this.#promise;
  }

  /** Every frame, in order per source. A slow reader slows the sources down. */
  async *[Symbol.asyncIterator](): AsyncIterator<Frame> {
    if (this.#promise !== undefined) throw new TypeError("a pipeline runs once");
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
    this.#stopping.abort();
    this.#run?.stop();
  }

  /**
   * The figures of the run, also while it goes on.
   * @throws {TypeError} before the first frame
   */
  report(): Report {
    if (this.#report !== undefined) return this.#report;
    if (this.#run === undefined) throw new TypeError("the pipeline has not started");
    return this.#run.report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#promise?.catch(() => undefined);
  }

  async #openCascade(): Promise<{ cascade: RunCascade | null; config: RunConfig }> {
    const { config } = this;
    const { cascade: file, retrainOut } = config;
    if (retrainOut !== undefined) await checkTarget(retrainOut);
    const cascade = this.#ownCascade ?? (file === undefined ? null : await openCascade(file));
    return { cascade, config: cascade === null ? config : withCascade(config, cascade) };
  }

  async #start(): Promise<Report> {
    const { cascade, config } = await this.#openCascade();
    const readers = [...this.#stages, ...this.#sinks];
    // One that goes on in the middle may have no pixels of the frame whose answer others have.
    const isWhole = this.#firstFrame === 0 && !followsResults(config);
    const every = cascade !== null && isWhole ? pixelsEvery(cascade, config, readers) : 1;
    const [named] = await Promise.all([
      openNamedSources(this.#named, config, every),
      preloadRuntime(config),
    ]);
    const sources = [...named, ...this.#ownSources];
    try {
      const opened = await openRun(sources, config, {
        firstFrame: this.#firstFrame,
        cascade,
        retrainer: this.#retrainer,
        every,
        crashes: this.#crashes,
        signal: this.#stopping.signal,
        tell: (text) => this.events.emit("note", text),
      });
      if (cascade !== null) checkFit(cascade, opened);
      const ingest = await settleIngest(opened, { mode: config.ingest, readers });
      const run = new Run({
        config,
        opened: { ...opened, notes: [...opened.notes, ...ingest] },
        stages: this.#stages,
        sinks: this.#sinks,
        trace: this.#trace?.recorder ?? null,
        crashes: this.#crashes,
        events: this.events,
      });
      this.#run = run;
      if (this.#stopping.signal.aborted) run.stop();
      this.#report = await run.execute();
      this.#error = run.error;
      return this.#report;
    } finally {
      // From here on the report is all there is: the arena must not live as long as this object.
      this.#run = undefined;
      this.#sinks.length = 0;
      this.#stages.length = 0;
      await Promise.all(sources.map((source) => source.close()));
    }
  }
}
