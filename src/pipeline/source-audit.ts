import { Audit } from "../cascade/audit.ts";
import { budgetOf } from "../cascade/file/budget.ts";
import type { RunCascade } from "./run-cascade.ts";

export interface SourceAuditOptions {
  /** Share of the frames answered early that is audited, 0–1. */
  readonly share: number;
  readonly seed: number;
  /** Frames a second of the source. */
  readonly fps: number;
}

/** The audit of one source's cascade. */
export class SourceAudit {
  /** Another one for each cascade: what was drawn for an earlier one tells nothing of the next. */
  audit: Audit;
  /** While the reference model answers everything there is nothing to look at again. */
  isPaused = false;
  /** Frames that the reference model looked at again, in all. */
  audited = 0;
  /** Drawn frames that nobody had time for. */
  skipped = 0;
  readonly #options: SourceAuditOptions;

  constructor(options: SourceAuditOptions, cascade: RunCascade) {
    this.#options = options;
    this.audit = this.#auditOf(cascade);
  }

  /** The cascade in force does not answer any more: what is under way is of no use. */
  pause(): void {
    this.audit.reset();
    this.isPaused = true;
  }

  /** Holds another cascade to its own promise from now on. */
  follow(cascade: RunCascade): void {
    this.audit = this.#auditOf(cascade);
    this.isPaused = false;
  }

  #auditOf({ promise, file }: RunCascade): Audit {
    const { share, seed, fps } = this.#options;
    return new Audit({ share, seed, fps, promise, ...(file && { budget: budgetOf(file) }) });
  }
}
