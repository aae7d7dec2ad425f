import type { DriftKind } from "../cascade/audit.ts";
import { Recovery, type RecoveryAction, type RetrainMode } from "../cascade/recovery.ts";
import { formatCount } from "../metrics/number-format.ts";
import { type CascadeEvent, CascadeEvents, type EventPlace } from "./cascade-events.ts";
import type { CascadeWriter } from "./cascade-writer.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import { driftText, refusalText } from "./recovery-text.ts";
import {
  framesNeeded,
  type LabelNeeds,
  labelNeeds,
  labelShortage,
  type Retrainer,
  type RetrainTask,
} from "./retrainer.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { SourceAudit } from "./source-audit.ts";
import type { SourceRunner } from "./source-runner.ts";
import { type LabelledFrames, TapeRecorder } from "./tape-recorder.ts";

/** Labelled frames before the first training. */
const LABELS_MIN = 2000;
/** What is lacking is told again with half as many labels more, or where there should be enough. */
const RETELL_GROWTH = 1.5;

export interface CascadeKeeperOptions {
  readonly mode: RetrainMode;
  /** Null where nobody can train: then `auto` only warns. */
  readonly retrainer: Retrainer | null;
  /** Null where a cascade that was trained anew lives as long as the run. */
  readonly writer: CascadeWriter | null;
  readonly cascade: RunCascade;
  // Per source:
  readonly runners: readonly SourceRunner[];
  readonly fps: readonly number[];
  readonly audits: readonly SourceAudit[];
  readonly onNote: (text: string) => void;
  /** Memory for the labelled frames of all sources together. */
  readonly labelsBytes: number;
  /** Labelled frames before the first training; default 2,000. */
  readonly labelsMin?: number;
}

/** The cascade of one source. */
interface Kept {
  cascade: RunCascade;
  readonly recovery: Recovery;
  /** While the reference model answers everything. */
  recorder: TapeRecorder | null;
  /** While a new cascade is trained or written. */
  work: Promise<void> | null;
  /** So many labelled frames do not make what is lacking by counting news. */
  framesTold: number;
}

/** Labels that a cascade is to be trained on. */
interface Attempt {
  readonly recorder: TapeRecorder;
  readonly task: RetrainTask;
  /** Labelled frames in all. */
  readonly frames: number;
}

/**
 * Decides what follows where the audit says that a source's cascade is not what it was: a warning,
 * or the way back. Then the reference model answers every frame; its answers and the frames'
 * thumbnails become labelled footage; on that a cascade is trained anew, and where its bounds hold it
 * takes the place of the old one, in the run and then in its file.
 */
export class CascadeKeeper {
  readonly #events = new CascadeEvents();
  readonly #options: CascadeKeeperOptions;
  readonly #kept: readonly Kept[];
  readonly #closing = new AbortController();
  readonly #needs: LabelNeeds;
  /** Thumbnails kept of one source. */
  readonly #thumbnailsMax: number;

  constructor(options: CascadeKeeperOptions) {
    this.#options = options;
    const { retrainer, cascade, runners, labelsBytes, labelsMin = LABELS_MIN } = options;
    const mode = options.mode === "auto" && retrainer === null ? "warn" : options.mode;
    this.#needs = labelNeeds(cascade);
    const fitting = labelsBytes / runners.length / this.#needs.thumbnailBytes;
    this.#thumbnailsMax = Math.max(labelsMin, Math.floor(fitting));
    const framesMax = this.#thumbnailsMax * this.#needs.strideMax;
    this.#kept = runners.map(() => ({
      cascade,
      recovery: new Recovery({ mode, framesMin: labelsMin, framesMax }),
      recorder: null,
      work: null,
      framesTold: 0,
    }));
  }

  get events(): readonly CascadeEvent[] {
    return this.#events.list;
  }

  /** An error rate of this source has risen beyond what was promised. */
  drifted(source: number, kind: DriftKind): void {
    const { recovery } = this.#kept[source] as Kept;
    const action = recovery.next({ kind: "drift" });
    if (action === "none") return;
    const { audit } = this.#options.audits[source] as SourceAudit;
    this.#tell(source, "drift", driftText(kind, audit.report[kind], action === "warn"));
    if (action === "fall-back") this.#fallBack(source);
    else audit.rearm();
  }

  /** A frame leaves, answered or failed. HOT while the cascade answers. */
  left(frame: EmittedFrame): void {
    this.#events.left(frame);
    const kept = this.#kept[frame.sourceIndex] as Kept;
    const { recorder } = kept;
    if (recorder === null) return;
    const present = frame.status === "ok" ? frame.present === true : null;
    recorder.record(this.#slotOf(frame), frame.frameId, present);
    const { state, framesWanted } = kept.recovery;
    if (state !== "labelling" || recorder.recorded < framesWanted) return;
    const action = kept.recovery.next({ kind: "labelled", frames: recorder.recorded });
    if (action === "train") this.#begin(frame.sourceIndex, kept);
  }

  /** The run is being interrupted: trainings under way end. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * The run has ended: what is to be written is waited for, with a last try where enough was labelled
   * meanwhile, unless `close` has said that nobody wants it. Says what comes to nothing.
   */
  async finish(): Promise<void> {
    const { writer, onNote } = this.#options;
    if (writer === null) this.close();
    if (!this.#closing.signal.aborted) this.#end();
    const working = this.#kept.filter(({ work }) => work !== null);
    if (working.length > 0 && !this.#closing.signal.aborted) {
      onNote("a new cascade is still being trained, and this waits for it; Ctrl-C does without");
    }
    await Promise.all(working.map(({ work }) => work));
    this.close();
    for (const [source, { recorder }] of this.#kept.entries()) {
      if (recorder === null) continue;
      const frames = formatCount(recorder.recorded);
      const text = `the run ended before a new cascade was trained; ${frames} frames were labelled`;
      this.#tell(source, "abandoned", text);
    }
  }

  /** No more labels come. */
  #end(): void {
    for (const [source, kept] of this.#kept.entries()) {
      const { recorder, recovery } = kept;
      if (recorder === null) continue;
      const action = recovery.next({ kind: "ended", frames: recorder.recorded });
      if (action === "train") this.#begin(source, kept);
    }
  }

  #fallBack(source: number): void {
    const kept = this.#kept[source] as Kept;
    const { place, screening } = this.#options.runners[source] as SourceRunner;
    const { slotCount } = place;
    const { side, strideMax } = this.#needs;
    const thumbnailsMax = this.#thumbnailsMax;
    const recorder = new TapeRecorder({ slotCount, side, thumbnailsMax, strideMax });
    const { frames } = recorder;
    kept.recorder = recorder;
    kept.framesTold = 0;
    this.#options.audits[source]?.pause();
    const { region } = kept.cascade.question;
    screening?.change({ kind: "tape", region, tape: recorder.plan });
    this.#tell(
      source,
      "fallback",
      "the model answers every frame until the cascade is trained anew, on the next " +
        `${formatCount(kept.recovery.framesWanted)} frames at the earliest`,
      this.#events.place(source, (frame) => frames.has(this.#slotOf(frame), frame.frameId)),
    );
  }

  /** Trains, unless counting the labels shows that it would be in vain. */
  #begin(source: number, kept: Kept): void {
    const { recorder } = kept;
    if (recorder === null) return;
    const { recorded: frames } = recorder;
    const attempt = { recorder, task: this.#task(source, kept, recorder.lend()), frames };
    const shortage = labelShortage(attempt.task);
    if (shortage === null) {
      kept.work = this.#train(source, kept, attempt);
    } else {
      recorder.takeBack();
      this.#refuse(source, kept, attempt, { error: shortage, isCounted: true });
    }
  }

  async #train(source: number, kept: Kept, attempt: Attempt): Promise<void> {
    const error = await this.#try(source, kept, attempt.task);
    attempt.recorder.takeBack();
    kept.work = null;
    if (error === null) return;
    const action = this.#refuse(source, kept, attempt, { error, isCounted: false });
    if (action !== "train") return;
    this.#begin(source, kept);
    await kept.work;
  }

  /** Null where a new cascade answers, or nobody wants one any more; what is in its way elsewhere. */
  async #try(source: number, kept: Kept, task: RetrainTask): Promise<unknown> {
    const { signal } = this.#closing;
    try {
      const cascade = await (this.#options.retrainer as Retrainer)(task);
      if (signal.aborted) return null;
      const place = this.#swap(source, kept, cascade);
      const text =
        `the cascade was trained anew on ${formatCount(task.footage.count)} frames, and answers ` +
        `again; ${await this.#write(source, cascade)}`;
      this.#tell(source, "retrained", text, place);
    } catch (error) {
      return signal.aborted ? null : error;
    }
    return null;
  }

  /** Tells what is lacking, unless that is known already. */
  #refuse(
    source: number,
    kept: Kept,
    { recorder, task, frames }: Attempt,
    { error, isCounted }: { readonly error: unknown; readonly isCounted: boolean },
  ): RecoveryAction {
    // It counts the frames that are kept.
    const needed = framesNeeded(error);
    const inAll = needed === 0 ? 0 : needed + frames - task.footage.count;
    const kind = isCounted ? "lacking" : "refused";
    const action = kept.recovery.next({ kind, framesNeeded: inAll });
    if (isCounted && action === "none" && frames < kept.framesTold) return action;
    if (isCounted) kept.framesTold = Math.max(inAll, RETELL_GROWTH * frames);
    const text = refusalText({
      reason: error instanceof Error ? error.message : String(error),
      isCounted,
      frames: recorder.recorded,
      framesNeeded: inAll,
      framesWanted: kept.recovery.framesWanted,
      fps: task.fps,
      action,
    });
    this.#tell(source, "refused", text);
    return action;
  }

  #task(source: number, { cascade }: Kept, footage: LabelledFrames): RetrainTask {
    const { fps, runners } = this.#options;
    const { start, end } = footage.span;
    const share = footage.count / Math.max(footage.count, end - start);
    return {
      footage,
      source: runners[source]?.source.name ?? "",
      fps: share * (fps[source] as number),
      cascade,
      signal: this.#closing.signal,
    };
  }

  /** The new cascade answers from the next frame on that is looked at. */
  #swap(source: number, kept: Kept, cascade: RunCascade): EventPlace {
    const { audits, runners } = this.#options;
    // Not the recorder: the labels are to go.
    const frames = kept.recorder?.frames;
    kept.recovery.next({ kind: "trained" });
    kept.cascade = cascade;
    kept.recorder = null;
    audits[source]?.follow(cascade);
    runners[source]?.screening?.change(cascade.screen);
    return this.#events.place(
      source,
      (frame) => frames?.has(this.#slotOf(frame), frame.frameId) !== true,
    );
  }

  /** A cascade that cannot be written answers all the same. */
  async #write(source: number, cascade: RunCascade): Promise<string> {
    const { writer } = this.#options;
    if (writer === null) return "it lives as long as this run";
    try {
      return await writer(source, cascade);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `it lives as long as this run: ${reason}`;
    }
  }

  #tell(
    source: number,
    kind: CascadeEvent["kind"],
    text: string,
    from: EventPlace = this.#events.place(source),
  ): void {
    this.#events.add({ source, kind, text, from });
    this.#options.onNote(`${this.#options.runners[source]?.source.name}: ${text}`);
  }

  /** Number in its source. */
  #slotOf({ sourceIndex, slotIndex }: EmittedFrame): number {
    return slotIndex - (this.#options.runners[sourceIndex] as SourceRunner).place.firstSlot;
  }
}
