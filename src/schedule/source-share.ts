/** What a source is entitled to beside others. */
export interface SourceShare {
  /** Slots of the source. Slots are numbered one source after the other. */
  readonly slots: number;
  /** Share of the frames answered, against those of other sources of its priority; above 0. */
  readonly weight: number;
  /** Sources of a higher priority go first, always. */
  readonly priority: number;
  /** Time in ms a frame may be old when a device takes it; null for any. */
  readonly deadlineMs: number | null;
}

/** What a source gets of which nothing is said. */
export const EQUAL_SHARE: Omit<SourceShare, "slots"> = { weight: 1, priority: 0, deadlineMs: null };

/** The source each slot belongs to. */
export function slotOwners(shares: readonly Pick<SourceShare, "slots">[]): Int32Array {
  return Int32Array.from(
    shares.flatMap(({ slots }, source) => new Array<number>(slots).fill(source)),
  );
}
