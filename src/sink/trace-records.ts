/** What a record is about; the meaning of its fields follows from it. */
export const TraceKind = {
  /** source, frame, slot, receivedMs, decodeMs */
  arrived: 0,
  /** source, frame, slot, timeMs, device, place, waiting */
  given: 1,
  /**
   * source, frame, slot, receivedMs, device, startedMs, finishedMs, preprocessMs, inferenceMs,
   * postprocessMs, text of the error or -1
   */
  answered: 2,
  /** source, frame, slot, receivedMs, timeMs */
  gaveWay: 3,
  /**
   * source, frame, slot, beganMs, endedMs, status, device, latencyMs, finishedMs, detections, text
   */
  left: 4,
  /** source, slot count, timeMs */
  slotsInUse: 5,
  /** device, waiting, timeMs */
  deferred: 6,
  /** name and detail as texts, timeMs */
  event: 7,
} as const;

/** What became of a frame, by the number that records have. */
export const traceStatuses = ["ok", "dropped", "failed"] as const;

/** Numbers a record, its kind included. */
export const RECORD_NUMBERS = 12;

/** A frame makes about five. */
const CAPACITY_RECORDS = 2048;

/**
 * What happened since the last batch was written, as plain numbers in memory that is used again and
 * again: taking a note is a few stores. Texts are rare, and kept beside.
 */
export class TraceRecords {
  readonly numbers: Float64Array = new Float64Array(CAPACITY_RECORDS * RECORD_NUMBERS);
  readonly texts: string[] = [];
  count = 0;

  get isFull(): boolean {
    return this.count === CAPACITY_RECORDS;
  }

  /** Where the next record's numbers go. The caller has seen that there is room. HOT. */
  next(kind: number): number {
    const at = this.count * RECORD_NUMBERS;
    this.numbers[at] = kind;
    this.count += 1;
    return at;
  }

  /** Keeps a text until the batch is written; its number goes into a record. */
  text(text: string): number {
    return this.texts.push(text) - 1;
  }

  clear(): void {
    this.count = 0;
    this.texts.length = 0;
  }
}
