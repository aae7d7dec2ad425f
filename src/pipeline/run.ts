import type { EventEmitter } from "node:events";
import { readPowerState } from "../backend/power-state.ts";
import type { RunConfig } from "../config/run-config.ts";
import { type AipError, runtimeError } from "../errors.ts";
import { type PowerState, powerNotes, UNKNOWN_POWER } from "../metrics/power-state.ts";
import type { Report } from "../metrics/report.ts";
import { holdAttention } from "../native/attention.ts";
import { clockMs } from "../native/library.ts";
import { writeReport } from "../sink/report-file.ts";
import type { Sink } from "../sink/sink.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import type { Stage } from "../stage/stage.ts";
import { DriftLog } from "./drift-log.ts";
import { type Opened, totalFrames } from "./opened.ts";
import type { PipelineEvents } from "./options.ts";
import { Outcome } from "./outcome.ts";
import { OutputChain } from "./output-chain.ts";
import { labelsOf, layoutFor, RunParts } from "./run-parts.ts";
import { reportOf } from "./run-report.ts";
import { defaultSlotCount } from "./slot-count.ts";

/** How often hung workers and changes of speed are looked for. */
const WATCHDOG_MS = 200;

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

/** One run from its first worker to its report. */
export class Run {
  readonly #options: RunOptions;
  readonly #outcome: Outcome;
  readonly #parts: RunParts;
  readonly #chain: OutputChain;
  readonly #drift: DriftLog;
  #isStopped = false;
  #isReportLost = false;
  #startedMs = 0;
  #power: PowerState = UNKNOWN_POWER;

  /** @throws {AipError} `slots-too-many` where they do not fit into the memory */
  constructor(options: RunOptions) {
    const { config, opened, events, trace, stages, sinks } = options;
    this.#options = options;
    this.#outcome = new Outcome({
      notes: opened.notes,
      onNote: (text) => {
        trace?.event("note", text);
        events.emit("note", text);
      },
      onEnough: () => this.stop(),
    });
    const { sources, models, instances } = opened;
    const slotCount = config.slots ?? defaultSlotCount(sources, instances, opened.cascade !== null);
    const layout = layoutFor(opened, slotCount);
    events.emit("prepared", {
      sources,
      devices: instances,
      schedule: config.schedule,
      model: models[0]?.spec.name ?? null,
      labels: labelsOf(opened),
      slotCount,
      frameCount: totalFrames(opened, config.frames),
    });
    for (const note of opened.notes) events.emit("note", note);
    const outcome = this.#outcome;
    this.#parts = new RunParts({
      config,
      opened,
      layout,
      trace,
      outcome,
      emit: (frame) => this.#chain.pass(frame),
    });
    const { pool, context } = this.#parts;
    this.#drift = new DriftLog(pool.devices, (text) => events.emit("note", text));
    // Classes left out on request are not missed.
    const measuresAccuracy = config.classes === undefined;
    this.#chain = new OutputChain({ context, stages, sinks, measuresAccuracy, outcome });
  }

  /** What ended the run before its sources did; null where nothing did. */
  get error(): AipError | null {
    return this.#outcome.error;
  }

  /** Stops the sources; what is under way is finished and written. */
  stop(): void {
    this.#isStopped = true;
    this.#parts.cascade?.keeper.close();
    for (const source of this.#parts.sources) source.stop();
    this.#parts.manager.wake();
  }

  /** Runs to the end, closes everything and returns the report. Called once. */
  async execute(): Promise<Report> {
    const { pool, sources, manager } = this.#parts;
    const outcome = this.#outcome;
    let isComplete = false;
    using _attention = holdAttention();
    const watchdog = setInterval(() => this.#watch(), WATCHDOG_MS);
    try {
      for (const source of sources) source.prepare();
      await pool.start();
      await this.#chain.open();
      this.#startedMs = clockMs();
      this.#options.events.emit("started");
      for (const source of sources) {
        if (this.#isStopped) source.stop();
        source.start();
      }
      await manager.run();
      this.#tellOfFailures();
      // At the end: by then the machine is as warm as the run has made it.
      this.#power = await readPowerState();
      for (const note of powerNotes(this.#power)) outcome.note(note);
      isComplete = outcome.error === null && !this.#isStopped;
    } finally {
      clearInterval(watchdog);
      await this.#chain.close(isComplete);
      await Promise.all(sources.map((source) => outcome.closing(() => source.close())));
      await pool.stop();
      if (!isComplete) this.#parts.cascade?.keeper.close();
      await this.#parts.release();
    }
    const { report: path } = this.#options.config;
    if (path !== undefined) {
      this.#isReportLost = !(await outcome.closing(() => writeReport(path, this.#endReport())));
    }
    return this.#endReport();
  }

  /** The figures so far. @throws {TypeError} before the first frame */
  report(): Report {
    if (this.#startedMs === 0) throw new TypeError("the pipeline has not started");
    return this.#reportAt(clockMs());
  }

  #watch(): void {
    this.#parts.pool.checkForHangs();
    if (this.#startedMs > 0) this.#drift.look(clockMs(), this.#startedMs);
  }

  /** Failed frames are told with a cause; a run that answered none of its frames has failed. */
  #tellOfFailures(): void {
    const { sources, departures } = this.#parts;
    const { firstFailure } = departures;
    if (firstFailure === null || this.#outcome.error !== null) return;
    const failed = sources.reduce((sum, source) => sum + source.failed, 0);
    const emitted = sources.reduce((sum, source) => sum + source.emitted, 0);
    const count = failed === 1 ? "1 frame" : `${failed} frames`;
    if (emitted > 0) this.#outcome.note(`${count} failed, first ${firstFailure}`);
    else this.#outcome.fail(runtimeError("all-failed", `No frame was answered: ${firstFailure}`));
  }

  #endReport(): Report {
    const { lastMs } = this.#parts.departures;
    return this.#reportAt(lastMs === 0 ? clockMs() : lastMs);
  }

  #reportAt(nowMs: number): Report {
    const { config, crashes, opened } = this.#options;
    const { pool, sources, stages, departures, manager } = this.#parts;
    const error = this.#outcome.error;
    const runtime = opened.onnxRuntimeVersion;
    // Counted from the first read: decoders and scenes are open by then.
    const begun = sources.map((source) => source.startedMs).filter((ms) => ms > 0);
    const complete = this.#isStopped ? "interrupted" : "complete";
    return reportOf({
      end: error === null ? complete : "failed",
      error: error?.message ?? null,
      schedule: config.schedule,
      manager,
      cascade: this.#parts.cascade,
      departures,
      stages,
      sources,
      devices: pool.devices,
      restarts: pool.restarts,
      crashes,
      startedMs: begun.length === 0 ? this.#startedMs : Math.min(...begun),
      endedMs: nowMs,
      drift: this.#drift.changes,
      notes: [
        ...this.#outcome.notes,
        ...sources.flatMap(({ source }) => source.notes()),
        ...this.#chain.notes,
      ],
      outputs: [
        ...this.#chain.outputs,
        ...(config.report === undefined || this.#isReportLost ? [] : [config.report]),
      ],
      accuracy: this.#chain.accuracy,
      power: this.#power,
      versions: { bun: Bun.version, ...(runtime !== null && { onnxruntime: runtime }) },
      modelNames: new Map(opened.models.map(({ spec }) => [spec.path, spec.name])),
    });
  }
}
