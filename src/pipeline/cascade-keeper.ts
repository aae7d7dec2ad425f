import type { DriftKind } from "../cascade/audit.ts";
import type { RateEstimate } from "../cascade/audit-estimate.ts";
import { Recovery, type RetrainMode } from "../cascade/recovery.ts";
import { formatCount } from "../metrics/number-format.ts";
import { clockMs } from "../native/library.ts";
import type { CascadeWriter } from "./cascade-writer.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import { framesNeeded, type LabelNeeds, labelNeeds, type Retrainer } from "./retrainer.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { SourceAudit } from "./source-audit.ts";
import type { SourceRunner } from "./source-runner.ts";
import { type LabelledFrames, TapeRecorder } from "./tape-recorder.ts";

/** Labelled frames before the first training. */
const LABELS_MIN = 2000;

/** Something that became of a cascade while it ran. */
export interface CascadeEvent {
  /** Number of the source. */
  readonly source: number;
  /** Monotonic clock. */
  readonly atMs: number;
  readonly kind: "drift" | "fallback" | "refused" | "retrained" | "abandoned";
  /** What happened, to follow the source's name. */
  readonly text: string;
}

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
}

const RATE_NAMES: Readonly<Record<DriftKind, string>> = {
  falseNegatives: "misses more of what it is asked for",
  falsePositives: "sees more of what it is asked for where there is none",
  errorRate: "is wrong about more frames",
};

/**
 * Decides what follows where the audit says that a source's cascade is not what it was: a warning,
 * or the way back. Then the reference model answers every frame; its answers and the frames'
 * thumbnails become labelled footage; on that a cascade is trained anew, and where its bounds hold it
 * takes the place of the old one, in the run and then in its file.
 */
export class CascadeKeeper {
  readonly events: CascadeEvent[] = [];
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
    }));
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
    const kept = this.#kept[frame.sourceIndex] as Kept;
    const { recorder } = kept;
    if (recorder === null) return;
    const { place } = this.#options.runners[frame.sourceIndex] as SourceRunner;
    const present = frame.status === "ok" ? frame.present === true : null;
    recorder.record(frame.slotIndex - place.firstSlot, frame.frameId, present);
    const { state, framesWanted } = kept.recovery;
    if (state !== "labelling" || recorder.recorded < framesWanted) return;
    const action = kept.recovery.next({ kind: "labelled", frames: recorder.recorded });
    if (action === "train") kept.work = this.#train(frame.sourceIndex, kept, recorder);
  }

  /** The run is being interrupted: trainings under way end. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * The run has ended: what is to be written is waited for, unless `close` has said that nobody
   * wants it. Says what comes to nothing.
   */
  async finish(): Promise<void> {
    const { writer, onNote } = this.#options;
    const working = this.#kept.filter(({ work }) => work !== null);
    if (writer === null) this.close();
    else if (working.length > 0 && !this.#closing.signal.aborted) {
      onNote("the new cascade is still being trained, and this waits for it; Ctrl-C does without");
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

  #fallBack(source: number): void {
    const kept = this.#kept[source] as Kept;
    const { place, screening } = this.#options.runners[source] as SourceRunner;
    const { slotCount } = place;
    const { side, strideMax } = this.#needs;
    const thumbnailsMax = this.#thumbnailsMax;
    const recorder = new TapeRecorder({ slotCount, side, thumbnailsMax, strideMax });
    kept.recorder = recorder;
    this.#options.audits[source]?.pause();
    const { region } = kept.cascade.question;
    screening?.change({ kind: "tape", region, tape: recorder.plan });
    this.#tell(
      source,
      "fallback",
      "the model answers every frame until the cascade is trained anew, on the next " +
        `${formatCount(kept.recovery.framesWanted)} frames at the earliest`,
    );
  }

  async #train(source: number, kept: Kept, recorder: TapeRecorder): Promise<void> {
    const { signal } = this.#closing;
    const footage = recorder.lend();
    try {
      const cascade = await this.#trained(source, kept, footage);
      if (signal.aborted) return;
      this.#swap(source, kept, cascade);
      const text =
        `the cascade was trained anew on ${formatCount(footage.count)} frames, and answers ` +
        `again; ${await this.#write(source, cascade)}`;
      this.#tell(source, "retrained", text);
    } catch (error) {
      if (signal.aborted) return;
      kept.recovery.next({ kind: "refused", framesNeeded: framesNeeded(error) });
      const reason = error instanceof Error ? error.message : String(error);
      const next = formatCount(kept.recovery.framesWanted);
      this.#tell(source, "refused", `no new cascade yet, next try at ${next} frames: ${reason}`);
    } finally {
      recorder.takeBack();
      kept.work = null;
    }
  }

  #trained(source: number, { cascade }: Kept, footage: LabelledFrames): Promise<RunCascade> {
    const { retrainer, fps, runners } = this.#options;
    const { start, end } = footage.span;
    const share = footage.count / Math.max(footage.count, end - start);
    const task = {
      footage,
      source: runners[source]?.source.name ?? "",
      fps: share * (fps[source] as number),
      cascade,
      signal: this.#closing.signal,
    };
    return (retrainer as Retrainer)(task);
  }

  /** The new cascade answers from the next frame on. */
  #swap(source: number, kept: Kept, cascade: RunCascade): void {
    const { audits, runners } = this.#options;
    kept.recovery.next({ kind: "trained" });
    kept.cascade = cascade;
    kept.recorder = null;
    audits[source]?.follow(cascade);
    runners[source]?.screening?.change(cascade.screen);
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

  #tell(source: number, kind: CascadeEvent["kind"], text: string): void {
    this.events.push({ source, atMs: clockMs(), kind, text });
    this.#options.onNote(`${this.#options.runners[source]?.source.name}: ${text}`);
  }
}

function driftText(
  kind: DriftKind,
  { rate, low, high, audited }: RateEstimate,
  isAll: boolean,
): string {
  const [at, from, to] = [rate, low, high].map((share) => `${(100 * share).toFixed(1)} %`);
  return (
    `the cascade ${RATE_NAMES[kind]} than was promised: ${at} (${from} to ${to}) of the frames, ` +
    `by ${formatCount(audited)} audits${isAll ? "; train it again" : ""}`
  );
}
