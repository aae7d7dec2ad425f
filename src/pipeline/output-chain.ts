import { AipError, runtimeError } from "../errors.ts";
import { type Accuracy, AccuracyMeter } from "../metrics/accuracy.ts";
import type { Sink } from "../sink/sink.ts";
import type { Stage } from "../stage/stage.ts";
import type { RunContext } from "../types.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { Outcome } from "./outcome.ts";

const ASYNCHRONOUS = "process() returned something; it must be synchronous and return nothing";

export interface OutputChainOptions {
  readonly context: RunContext;
  readonly stages: readonly Stage[];
  readonly sinks: readonly Sink[];
  /** Whether answers are compared with ground truth, where there is any. */
  readonly measuresAccuracy: boolean;
  readonly outcome: Outcome;
}

/** What every frame passes on its way out: the accuracy meter, then all stages, then all sinks. */
export class OutputChain {
  readonly #options: OutputChainOptions;
  readonly #accuracy: AccuracyMeter | null;
  readonly #openStages: Stage[] = [];
  readonly #openSinks: Sink[] = [];
  #isBroken = false;

  constructor(options: OutputChainOptions) {
    this.#options = options;
    this.#accuracy = options.measuresAccuracy ? meterFor(options.context) : null;
  }

  /** Opens stages and sinks. @throws what the first throws that cannot be opened */
  async open(): Promise<void> {
    const { context, stages, sinks } = this.#options;
    for (const stage of stages) {
      await stage.open?.(context);
      this.#openStages.push(stage);
    }
    for (const sink of sinks) {
      await sink.open(context);
      this.#openSinks.push(sink);
    }
  }

  /**
   * HOT: every frame on its way out. Once a stage or a sink has thrown, nothing more is written.
   */
  pass(frame: EmittedFrame): void {
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
      const { context } = this.#options;
      const source = context.sources[frame.sourceIndex]?.name;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `"${at?.name}" failed at frame ${frame.frameId} of ${source}: ${reason}`;
      context.fail(
        cause instanceof AipError ? cause : runtimeError("stage-failed", message, cause),
      );
    }
  }

  /** Closes what was opened. `isComplete` is false after an error or an interruption. */
  async close(isComplete: boolean): Promise<void> {
    const { outcome } = this.#options;
    for (const stage of this.#openStages) await outcome.closing(stage.close?.bind(stage));
    for (const sink of this.#openSinks) await outcome.closing(() => sink.close(isComplete));
  }

  /** Null where no accuracy is measured. */
  get accuracy(): Accuracy | null {
    return this.#accuracy?.result() ?? null;
  }

  get notes(): readonly string[] {
    return this.#options.sinks.flatMap((sink) => sink.notes?.() ?? []);
  }

  get outputs(): readonly string[] {
    return this.#options.sinks.flatMap((sink) => sink.outputs());
  }
}

/** A meter where sources carry ground truth and the model knows every class of it. */
function meterFor(context: RunContext): AccuracyMeter | null {
  const classes = context.sources.flatMap((source) => source.truthClasses);
  const isKnown = classes.every((label) => context.labels.includes(label));
  return classes.length > 0 && isKnown ? new AccuracyMeter(context) : null;
}
