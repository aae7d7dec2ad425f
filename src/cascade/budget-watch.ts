import { AuditEstimator, type AuditedFrame } from "./audit-estimate.ts";
import type { ErrorBudget } from "./types.ts";

/** Audited frames of the kind in the first look, and in the longest; each is twice the one before. */
const LOOK_FIRST = 64;
const LOOK_MOST = 512;

/**
 * Holds an error rate that no test can watch to its budget: look after look, at the audits since the
 * last one alone. Beyond it is a rate whose whole 95 % interval lies above: of one that is as high as
 * the budget a look says so in at most one of forty.
 */
export class BudgetWatch {
  /** The rate that is watched. */
  readonly kind: keyof ErrorBudget;
  readonly #most: number;
  #length = LOOK_FIRST;
  #estimator = new AuditEstimator();

  /** @param budget what the rate over all frames of the kind may be, 0–1 */
  constructor(kind: keyof ErrorBudget, budget: number) {
    this.kind = kind;
    this.#most = budget;
  }

  /** A frame answered early. HOT. */
  early(): void {
    this.#estimator.early();
  }

  /** A frame that the reference model answered itself. */
  certain(present: boolean): void {
    this.#estimator.certain(present);
  }

  /** @returns whether the frame ends a look that finds the rate beyond the budget */
  audited(frame: AuditedFrame): boolean {
    this.#estimator.audited(frame);
    const { audited, low } = this.#estimator.estimates[this.kind];
    if (audited < this.#length) return false;
    this.#length = Math.min(2 * this.#length, LOOK_MOST);
    this.#estimator = new AuditEstimator();
    return low > this.#most;
  }
}
