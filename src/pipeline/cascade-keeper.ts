import type { DriftKind } from "../cascade/audit.ts";
import type { RateEstimate } from "../cascade/audit-estimate.ts";
import { Recovery, type RetrainMode } from "../cascade/recovery.ts";
import { AipError } from "../errors.ts";
import { formatCount } from "../metrics/number-format.ts";
import { clockMs } from "../native/library.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { SourceAudit } from "./source-audit.ts";
import type { SourceRunner } from "./source-runner.ts";
import { type LabelledFrames, TapeRecorder } from "./tape-recorder.ts";

/** Labelled frames before the first training. */
const LABELS_MIN = 2000;
/** Memory for labelled frames of one source. */
const LABELS_BYTES = 512 * 2 ** 20;
/** Side of the colour thumbnails where the cascade has no network. */
const SIDE_DEFAULT = 50;

/** What a cascade is to be trained on anew. */
export interface RetrainTask {
  readonly footage: LabelledFrames;
  /** Frames a second of the source. */
  readonly fps: number;
  /** The one that is not what it was. */
  readonly cascade: RunCascade;
  readonly signal: AbortSignal;
}

/**
 * Trains a cascade anew and validates it, without keeping this thread busy.
 * Rejects with an `AipError` of category `usage` where the footage cannot support one yet.
 */
export type Retrainer = (task: RetrainTask) => Promise<RunCascade>;

/** Something that became of a cascade while it ran. */
export interface CascadeEvent {
  /** Number of the source. */
  readonly source: number;
  /** Monotonic clock. */
  readonly atMs: number;
  readonly kind: "drift" | "fallback" | "refused" | "retrained";
  /** What happened, to follow the source's name. */
  readonly text: string;
}

export interface CascadeKeeperOptions {
  readonly mode: RetrainMode;
  /** Null where nobody can train: then `auto` only warns. */
  readonly retrainer: Retrainer | null;
  readonly cascade: RunCascade;
  // Per source:
  readonly runners: readonly SourceRunner[];
  readonly fps: readonly number[];
  readonly audits: readonly SourceAudit[];
  readonly onNote: (text: string) => void;
  /** Labelled frames before the first training; default 2,000. */
  readonly labelsMin?: number;
}

/** The cascade of one source. */
interface Kept {
  cascade: RunCascade;
  readonly recovery: Recovery;
  /** While the reference model answers everything. */
  recorder: TapeRecorder | null;
}

const RATE_NAMES: Readonly<Record<DriftKind, string>> = {
  falseNegatives: "misses more of what it is asked for",
  falsePositives: "sees more of what it is asked for where there is none",
};

/**
 * Decides what follows where the audit says that a source's cascade is not what it was: a warning,
 * or the way back. Then the reference model answers every frame; its answers and the frames'
 * thumbnails become labelled footage; on that a cascade is trained anew, and where its bounds hold it
 * takes the place of the old one.
 */
export class CascadeKeeper {
  readonly events: CascadeEvent[] = [];
  readonly #options: CascadeKeeperOptions;
  readonly #kept: readonly Kept[];
  readonly #closing = new AbortController();

  constructor(options: CascadeKeeperOptions) {
    this.#options = options;
    const { retrainer, cascade, runners, labelsMin = LABELS_MIN } = options;
    const mode = options.mode === "auto" && retrainer === null ? "warn" : options.mode;
    const framesMax = Math.max(labelsMin, framesThatFit(sideOf(cascade)));
    this.#kept = runners.map(() => ({
      cascade,
      recovery: new Recovery({ mode, framesMin: labelsMin, framesMax }),
      recorder: null,
    }));
  }

  /** An error rate of this source has risen beyond what was promised. */
  drifted(source: number, kind: DriftKind): void {
    const { recovery } = this.#kept[source] as Kept;
    const action = recovery.next({ kind: "drift" });
    if (action === "none") return;
    const { audit } = this.#options.audits[source] as SourceAudit;
    this.#tell(source, "drift", driftText(kind, audit.report[kind], action === "warn"));
    audit.reset();
    if (action === "fall-back") this.#fallBack(source);
  }

  /** A frame leaves, answered or failed. HOT while the cascade answers. */
  left(frame: EmittedFrame): void {
    const kept = this.#kept[frame.sourceIndex] as Kept;
    const { recorder } = kept;
    if (recorder === null) return;
    const { place } = this.#options.runners[frame.sourceIndex] as SourceRunner;
    const present = frame.status === "ok" ? frame.present === true : null;
    recorder.record(frame.slotIndex - place.firstSlot, frame.frameId, present);
    const action = kept.recovery.next({ kind: "labelled", frames: recorder.recorded });
    if (action === "train") void this.#train(frame.sourceIndex, kept, recorder);
  }

  /** Ends trainings under way. */
  close(): void {
    this.#closing.abort();
  }

  #fallBack(source: number): void {
    const kept = this.#kept[source] as Kept;
    const { place, screening } = this.#options.runners[source] as SourceRunner;
    const side = sideOf(kept.cascade);
    const framesMax = framesThatFit(side);
    const recorder = new TapeRecorder({ slotCount: place.slotCount, side, framesMax });
    kept.recorder = recorder;
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
    const { retrainer, fps, audits, runners } = this.#options;
    const { signal } = this.#closing;
    const footage = recorder.lend();
    try {
      const task = { footage, fps: fps[source] as number, cascade: kept.cascade, signal };
      const cascade = await (retrainer as Retrainer)(task);
      if (signal.aborted) return;
      kept.recovery.next({ kind: "trained" });
      kept.cascade = cascade;
      kept.recorder = null;
      audits[source]?.follow(cascade);
      runners[source]?.screening?.change(cascade.screen);
      this.#tell(
        source,
        "retrained",
        `the cascade was trained anew on ${formatCount(footage.count)} frames, and answers again`,
      );
    } catch (error) {
      if (signal.aborted) return;
      const isRefusal = error instanceof AipError && error.category === "usage";
      kept.recovery.next(isRefusal ? { kind: "refused", framesNeeded: 0 } : { kind: "failed" });
      const reason = error instanceof Error ? error.message : String(error);
      const next = formatCount(kept.recovery.framesWanted);
      this.#tell(source, "refused", `no new cascade yet, next try at ${next} frames: ${reason}`);
    } finally {
      recorder.takeBack();
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

function sideOf({ screen }: RunCascade): number {
  const network = screen.kind === "cascade" ? screen.levels.network : null;
  return network?.side ?? SIDE_DEFAULT;
}

function framesThatFit(side: number): number {
  return Math.floor(LABELS_BYTES / (50 * 50 + 3 * side * side));
}
