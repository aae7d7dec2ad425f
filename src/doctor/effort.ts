import { formatMs } from "../metrics/number-format.ts";

/** What a frame cost the processor while one instance of a device ran alone. */
export interface Effort {
  /** Cores kept busy; null where it was not measured. */
  readonly busyCores: number | null;
  /** Processor time of a frame, in ms; null where it was not measured. */
  readonly processorMs: number | null;
}

/**
 * Who computed. `processor`: it was busy all the while, or spent on a frame what it spends without
 * the device. `elsewhere`: it mostly waited, or was spared most of what it spends without the
 * device. `unknown`: it cannot be told.
 */
export type Computed = "processor" | "elsewhere" | "unknown";

/** Whoever waits for another unit leaves a core alone most of the time. */
const BUSY_CORES_WAITING = 0.5;
/** One call at a time that is computed by the processor keeps a core busy, or several. */
const BUSY_CORES_COMPUTING = 0.8;
/** Preparing a picture and reading an answer take up to a millisecond themselves. */
const PROCESSOR_MS_MIN = 2;
/** Of the work that is said to have left the processor, at least so much must be seen to have. */
const RELIEF_MIN = 1 / 3;
/** From so much on, it has: a lie would have to hide most of the work. */
const RELIEF_SURE = 2 / 3;

/**
 * Who computed a frame, by processor time. It is a measurement, unlike a placement, which is an
 * anticipation, and unlike a latency it does not depend on how quick the processor is: the Neural
 * Engine of one machine may be as quick as the cores of another, but it leaves them alone.
 *
 * @param share part of the work that is placed on the device, 0–1
 * @param isAlike whether the reference computes as the device would on the processor. ONNX Runtime's
 *   CPU does not where Core ML has the model: what Core ML's own code saves looks like relief.
 */
export function computedBy(
  unit: Effort,
  reference: Effort | null,
  share: number,
  isAlike = true,
): Computed {
  const { busyCores, processorMs } = unit;
  if (busyCores === null || processorMs === null) return "unknown";
  const expected = reference?.processorMs ?? null;
  const isLong = processorMs >= PROCESSOR_MS_MIN;
  if (isLong && expected !== null && expected - processorMs < RELIEF_MIN * share * expected) {
    return "processor";
  }
  if (isLong && busyCores >= BUSY_CORES_COMPUTING) return "processor";
  // Where the processor's own work did not keep a core busy either, others had it: the clock ran on
  // while this process waited for its turn, which looks like waiting for another unit.
  const isOwn = (reference?.busyCores ?? BUSY_CORES_COMPUTING) >= BUSY_CORES_COMPUTING;
  if (isOwn && busyCores < BUSY_CORES_WAITING) return "elsewhere";
  const isRelieved =
    isAlike &&
    expected !== null &&
    expected >= PROCESSOR_MS_MIN &&
    expected - processorMs >= RELIEF_SURE * share * expected;
  return isRelieved && share > 0 ? "elsewhere" : "unknown";
}

/** `1.0 cores busy, 5.8 ms of processor time a frame against 5.6 on CPU` */
export function effortText({ busyCores, processorMs }: Effort, reference: Effort | null): string {
  if (busyCores === null || processorMs === null) return "its processor time is not known";
  const against =
    reference?.processorMs == null ? "" : ` against ${formatMs(reference.processorMs)} on CPU`;
  return `${busyCores.toFixed(1)} cores busy, ${formatMs(processorMs)} ms of processor time a frame${against}`;
}
