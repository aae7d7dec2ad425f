import { availableMemory } from "../backend/available-memory.ts";
import { Asked } from "../cascade/asked.ts";
import type { DriftKind } from "../cascade/audit.ts";
import type { RetrainMode } from "../cascade/recovery.ts";
import type { ArenaLayout } from "../ring/arena.ts";
import { Auditing } from "./auditing.ts";
import { CascadeAnswers } from "./cascade-answers.ts";
import { CascadeKeeper } from "./cascade-keeper.ts";
import { cascadeWriter } from "./cascade-writer.ts";
import type { EarlyAnswers } from "./early-answers.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { Retrainer } from "./retrainer.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { SlotTable } from "./slot-table.ts";
import { SourceAudit } from "./source-audit.ts";
import type { SourceRunner } from "./source-runner.ts";

export interface CascadePartsOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly slots: SlotTable;
  readonly early: EarlyAnswers;
  readonly cascade: RunCascade;
  /** Class names of the reference model, class 0 first. */
  readonly labels: readonly string[];
  readonly runners: readonly SourceRunner[];
  /** Frames a second of the footage, per source, however fast it is read. */
  readonly fps: readonly number[];
  /** Share of the frames answered early that is audited, 0–1. */
  readonly auditShare: number;
  readonly retrain: RetrainMode;
  readonly retrainer: Retrainer | null;
  /** Where a cascade goes that was trained anew; null for nowhere. */
  readonly retrainOut: string | null;
  /** A window onto frames that only the audit sees. */
  readonly frame: EmittedFrame;
  readonly onNote: (text: string) => void;
}

/** Memory that labelled frames may take, of all sources together, and as a share of what is free. */
const LABELS_BYTES_MAX = 512 * 2 ** 20;
const LABELS_SHARE = 0.25;
/** Seed of the first source's audit. */
const AUDIT_SEED = 0x5eed;

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
    const { arena, layout, slots, early, cascade, labels, fps, frame, runners } = options;
    const { auditShare: share, retrain: mode, retrainer, retrainOut, onNote } = options;
    this.cascade = cascade;
    this.auditShare = share;
    const asked = new Asked(cascade.question, labels);
    const sourceCount = runners.length;
    this.answers = new CascadeAnswers({ arena, layout, slots, early, asked, sourceCount });
    const audits = fps.map(
      (each, index) => new SourceAudit({ share, seed: AUDIT_SEED + index, fps: each }, cascade),
    );
    const names = runners.map(({ source }) => source.name);
    const keeper = new CascadeKeeper({
      ...{ mode, retrainer, cascade, runners, fps, audits, onNote },
      writer: retrainOut === null ? null : cascadeWriter(retrainOut, names),
      labelsBytes: Math.min(LABELS_BYTES_MAX, LABELS_SHARE * availableMemory()),
    });
    this.keeper = keeper;
    this.audits = share === 0 ? [] : audits;
    const onDrift = (source: number, kind: DriftKind): void => keeper.drifted(source, kind);
    const { slotCount } = layout;
    this.auditing =
      share === 0
        ? null
        : new Auditing({ slots, asked, frame, slotCount, sources: audits, onDrift });
  }
}
