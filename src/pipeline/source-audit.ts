import { Audit } from "../cascade/audit.ts";
import { scoreUncertainty } from "../cascade/audit-sample.ts";
import type { CascadeLevels } from "../cascade/types.ts";
import { EarlyAnswer } from "../layout/layout.gen.ts";
import type { EarlyAnswers } from "./early-answers.ts";
import type { RunCascade } from "./run-cascade.ts";

export interface SourceAuditOptions {
  /** Share of the frames answered early that is audited, 0–1. */
  readonly share: number;
  readonly seed: number;
  /** Frames a second of the source. */
  readonly fps: number;
  readonly early: EarlyAnswers;
}

/** The audit of one source's cascade. */
export class SourceAudit {
  audit: Audit;
  /** Frames that the reference model looked at again, in all. */
  audited = 0;
  /** Drawn frames that nobody had time for. */
  skipped = 0;
  readonly #options: SourceAuditOptions;
  #levels: CascadeLevels | null;

  constructor(options: SourceAuditOptions, cascade: RunCascade) {
    this.#options = options;
    this.audit = this.#auditOf(cascade);
    this.#levels = levelsOf(cascade);
  }

  /** Holds another cascade to its own promise from now on. */
  follow(cascade: RunCascade): void {
    this.audit = this.#auditOf(cascade);
    this.#levels = levelsOf(cascade);
  }

  /** How doubtful the early answer in this slot is: 1 at the threshold it passed. HOT. */
  uncertaintyOf(slot: number): number {
    const { early } = this.#options;
    if (this.#levels === null) return 1;
    const { difference, network } = this.#levels;
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

  #auditOf({ promise }: RunCascade): Audit {
    const { share, seed, fps } = this.#options;
    return new Audit({ share, seed, fps, baseline: promise, presentShare: promise.presentShare });
  }
}

function levelsOf({ screen }: RunCascade): CascadeLevels | null {
  return screen.kind === "cascade" ? screen.levels : null;
}
