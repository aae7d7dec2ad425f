import type { DriftKind } from "../cascade/audit.ts";
import { Recovery, type RetrainMode } from "../cascade/recovery.ts";
import { clockMs } from "../native/library.ts";
import type { SourceAudit } from "./auditing.ts";

/** Something that became of a cascade while it ran. */
export interface CascadeEvent {
  /** Number of the source. */
  readonly source: number;
  /** Monotonic clock. */
  readonly atMs: number;
  readonly kind: "drift" | "fallback" | "refused" | "retrained";
  /** One sentence. */
  readonly text: string;
}

export interface CascadeKeeperOptions {
  readonly mode: RetrainMode;
  /** Names of the sources. */
  readonly names: readonly string[];
  readonly onNote: (text: string) => void;
}

const RATE_NAMES: Readonly<Record<DriftKind, string>> = {
  falseNegatives: "misses more of what it is asked for",
  falsePositives: "sees more of what it is asked for where there is none",
};

/** Decides what follows where the audit says that a cascade is not what it was. */
export class CascadeKeeper {
  readonly events: CascadeEvent[] = [];
  readonly #options: CascadeKeeperOptions;
  /** Per source. */
  readonly #recoveries: readonly Recovery[];

  constructor(options: CascadeKeeperOptions) {
    this.#options = options;
    const { mode, names } = options;
    this.#recoveries = names.map(
      () => new Recovery({ mode, framesMin: LABELS_MIN, framesMax: LABELS_MAX }),
    );
  }

  /** An error rate of this source has risen beyond what was promised. */
  drifted(source: number, kind: DriftKind, { audit }: SourceAudit): void {
    const action = (this.#recoveries[source] as Recovery).next({ kind: "drift" });
    if (action === "none") return;
    const { rate, low, high, audited } = audit.report[kind];
    const [at, from, to] = [rate, low, high].map((share) => `${(100 * share).toFixed(1)} %`);
    this.#tell(
      source,
      "drift",
      `the cascade ${RATE_NAMES[kind]} than was promised: ${at} (${from} to ${to}) of the frames, ` +
        `by ${audited} audits; train it again`,
    );
    audit.reset();
  }

  #tell(source: number, kind: CascadeEvent["kind"], text: string): void {
    this.events.push({ source, atMs: clockMs(), kind, text });
    this.#options.onNote(`${this.#options.names[source]}: ${text}`);
  }
}

/** Labelled frames before the first training, and at most. */
const LABELS_MIN = 2000;
const LABELS_MAX = 200_000;
