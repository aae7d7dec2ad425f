import { Asked } from "../cascade/asked.ts";
import { Audit, type DriftKind } from "../cascade/audit.ts";
import { scoreUncertainty } from "../cascade/audit-sample.ts";
import type { RetrainMode } from "../cascade/recovery.ts";
import type { CascadeLevels } from "../cascade/types.ts";
import { EarlyAnswer } from "../layout/layout.gen.ts";
import type { ArenaLayout } from "../ring/arena.ts";
import { Auditing, type SourceAudit } from "./auditing.ts";
import { CascadeAnswers } from "./cascade-answers.ts";
import { CascadeKeeper } from "./cascade-keeper.ts";
import type { EarlyAnswers } from "./early-answers.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { SlotTable } from "./slot-table.ts";

export interface CascadePartsOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly slots: SlotTable;
  readonly early: EarlyAnswers;
  readonly cascade: RunCascade;
  /** Class names of the reference model, class 0 first. */
  readonly labels: readonly string[];
  /** Frames a second, per source. */
  readonly fps: readonly number[];
  /** Share of the frames answered early that is audited, 0–1. */
  readonly auditShare: number;
  /** A window onto frames that only the audit sees. */
  readonly frame: EmittedFrame;
  readonly retrain: RetrainMode;
  /** Names of the sources. */
  readonly names: readonly string[];
  readonly onNote: (text: string) => void;
}

/** What a cascade adds to the main thread of a run. */
export class CascadeParts {
  readonly cascade: RunCascade;
  readonly answers: CascadeAnswers;
  /** Null where nothing is audited. */
  readonly auditing: Auditing | null;
  /** Per source; empty where nothing is audited. */
  readonly audits: readonly SourceAudit[];
  readonly auditShare: number;
  readonly keeper: CascadeKeeper;

  constructor(options: CascadePartsOptions) {
    const { arena, layout, slots, early, cascade, labels, fps, frame } = options;
    this.cascade = cascade;
    const asked = new Asked(cascade.question, labels);
    const sourceCount = fps.length;
    this.answers = new CascadeAnswers({ arena, layout, slots, early, asked, sourceCount });
    this.auditShare = options.auditShare;
    this.audits = options.auditShare === 0 ? [] : fps.map((_, index) => auditOf(options, index));
    const { slotCount } = layout;
    const sources = this.audits;
    const { retrain: mode, names, onNote } = options;
    const keeper = new CascadeKeeper({ mode, names, onNote });
    this.keeper = keeper;
    const onDrift = (source: number, kind: DriftKind): void =>
      keeper.drifted(source, kind, sources[source] as SourceAudit);
    this.auditing =
      sources.length === 0
        ? null
        : new Auditing({ slots, asked, frame, slotCount, sources, onDrift });
  }
}

function auditOf(options: CascadePartsOptions, index: number): SourceAudit {
  const { cascade, early, fps, auditShare } = options;
  const { screen, promise } = cascade;
  const levels = screen.kind === "cascade" ? screen.levels : null;
  return {
    audit: new Audit({
      share: auditShare,
      seed: AUDIT_SEED + index,
      fps: fps[index] as number,
      baseline: promise,
      presentShare: promise.presentShare,
    }),
    uncertaintyOf: (slot) => (levels === null ? 1 : uncertaintyOf(early, slot, levels)),
    skipped: 0,
  };
}

const AUDIT_SEED = 0x5eed;

/** How doubtful an early answer is: 1 at the threshold that it passed, 0 farthest from it. */
function uncertaintyOf(early: EarlyAnswers, slot: number, levels: CascadeLevels): number {
  const { difference, network } = levels;
  switch (early.answerOf(slot)) {
    case EarlyAnswer.absent:
    case EarlyAnswer.present:
      if (network === null) return 1;
      return scoreUncertainty(early.scoreOf(slot), network.cLow, network.cHigh);
    case EarlyAnswer.unchanged:
    case EarlyAnswer.empty:
      if (difference === null || !(difference.tDiff > 0)) return 1;
      return Math.min(1, Math.max(0, early.differenceOf(slot) / difference.tDiff));
    default:
      return 1;
  }
}
