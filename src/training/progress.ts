/** Where training stands, some times an epoch and at the end of each. */
export interface TrainingProgress {
  /** From 1; above it networks have collapsed. */
  readonly attempt: number;
  /** From 1. */
  readonly epoch: number;
  /** At most. */
  readonly epochs: number;
  /** Of this epoch's examples, 0–1. */
  readonly share: number;
  /** Mean loss of this epoch's examples so far. */
  readonly loss: number;
  /** On the validation pictures; null until the epoch's end. */
  readonly validation: { readonly loss: number; readonly auc: number } | null;
}

/** One epoch, as it was. */
export interface EpochRecord {
  readonly attempt: number;
  readonly epoch: number;
  readonly loss: number;
  readonly validationLoss: number;
  readonly auc: number;
}
