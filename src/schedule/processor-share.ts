import { type BatchCost, fullCallShare } from "./batch-cost.ts";

/** Sums of cores are told apart down to this. */
const CORES_STEP = 1e-3;
/** Rounds in which utilisation and times are brought together. */
const ROUND_COUNT = 20;

/** What one device instance takes for a frame, while the others of its combination work as well. */
export interface InstanceCost extends BatchCost {
  /** `cpu-0` */
  readonly id: string;
  /** Mean service time of a single frame in ms, without cameras beside it. */
  readonly serviceMs: number;
  /** Coefficient of variation of the service time. */
  readonly cv: number;
  /**
   * Processor time in ms that goes with each `serviceMs` of its work, on all cores together; 0
   * where another chip computes. Of single frames, that of a frame.
   */
  readonly processorMs: number;
  /** Times of frames that come one at a time, to an idle machine. Absent: the same. */
  readonly paced?: PacedService;
  /** Seed of a simulated device's times. */
  readonly seed?: number;
}

/** Service times of frames that meet no other. */
export interface PacedService {
  /** Mean in ms. */
  readonly serviceMs: number;
  /** Those that were measured, as shares of their mean. */
  readonly shape: readonly number[];
}

/** What else the processor does meanwhile. */
export interface ProcessorLoad {
  readonly cores: number;
  /** Frames a second that come in, of all cameras together. */
  readonly fps: number;
  /** Processor time in ms that a frame costs before any device has it: decoding, reading. */
  readonly ingestMs: number;
}

/** A service time as it is beside cameras. */
export interface SharedService {
  readonly serviceMs: number;
  readonly cv: number;
}

/**
 * Service times of instances that share the processor with cameras, or null where the cameras
 * alone need all of it.
 *
 * Decoders run in short bursts and sleep in between, so an operating system that shares fairly
 * serves them at once: the instances are left C − b of the C cores, b = fps · ingest time. Where
 * those that are at work need R cores, each takes max(1, R / (C − b)) times as long. How many are
 * at work follows from their utilisation, which follows from the times: found by iteration. With
 * all of them at work this is the conservation of processor time: fps · (ingest + inference) = C.
 * The t threads of one frame wait for each other, so that they go on only while none of their cores
 * decodes: their instance is left C · (1 − b / C)^t, which is C − b for one thread.
 *
 * Bursts of d ms hit a frame as a Poisson process does: n of them lengthen the mean by n·d, and the
 * variance by n·d² (Campbell's theorem).
 */
export function shareProcessor(
  instances: readonly InstanceCost[],
  load: ProcessorLoad,
): readonly SharedService[] | null {
  const ingestCores = (load.fps * load.ingestMs) / 1000;
  if (ingestCores >= load.cores) return null;
  const shares = instances.map(fullCallShare);
  let times = instances.map(({ serviceMs }) => serviceMs);
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const busy = Math.min(
      1,
      load.fps / rateOf(times.map((ms, index) => ms * (shares[index] as number))),
    );
    const stretches = stretchesOf(instances, { busy, cores: load.cores, ingestCores });
    // Halfway: utilisation and times would push each other back and forth.
    times = instances.map(({ serviceMs, processorMs }, index) => {
      const lengthened = ((stretches[index] as number) - 1) * Math.min(processorMs, serviceMs);
      return ((times[index] as number) + serviceMs + lengthened) / 2;
    });
  }
  return instances.map(({ serviceMs, cv }, index) => {
    const sharedMs = times[index] as number;
    const variance = (cv * serviceMs) ** 2 + (sharedMs - serviceMs) * load.ingestMs;
    return { serviceMs: sharedMs, cv: sharedMs === 0 ? 0 : Math.sqrt(variance) / sharedMs };
  });
}

/** Frames a second that devices of these service times can answer together, at most. */
export function rateOf(timesMs: readonly number[]): number {
  return timesMs.reduce((sum, ms) => sum + 1000 / ms, 0);
}

/** Processor time of a frame in ms: each device answers in proportion to its rate. */
export function processorMsOf(instances: readonly InstanceCost[]): number {
  const rateFps = rateOf(instances.map((one) => one.serviceMs * fullCallShare(one)));
  if (!Number.isFinite(rateFps)) return 0;
  const shares = instances.map(({ serviceMs, processorMs }) => processorMs * (1000 / serviceMs));
  return shares.reduce((sum, share) => sum + share, 0) / rateFps;
}

/** Who shares the processor: share of the time each instance is at work, cores, and cameras. */
interface Sharing {
  readonly busy: number;
  readonly cores: number;
  readonly ingestCores: number;
}

/** By how much each instance is slowed down while it works; equal ones are computed once. */
function stretchesOf(
  instances: readonly InstanceCost[],
  { busy, cores, ingestCores }: Sharing,
): readonly number[] {
  const held = instances.map(({ serviceMs, processorMs }) =>
    serviceMs === 0 ? 0 : Math.round(processorMs / serviceMs / CORES_STEP),
  );
  const known = new Map<number, number>();
  return held.map((own, index) => {
    let stretch = known.get(own);
    if (stretch === undefined) {
      const others = held.filter((steps, other) => other !== index && steps > 0);
      const threads = Math.max(1, own * CORES_STEP);
      const left = (cores * (1 - ingestCores / cores) ** threads) / CORES_STEP;
      stretch = meanStretch(own, others, busy, left);
      known.set(own, stretch);
    }
    return stretch;
  });
}

/** Mean of max(1, R / left) over who of the others is at work, each with probability `busy`. */
function meanStretch(own: number, others: readonly number[], busy: number, left: number): number {
  let chances = new Map([[own, 1]]);
  for (const step of others) {
    const next = new Map<number, number>();
    for (const [sum, chance] of chances) {
      next.set(sum, (next.get(sum) ?? 0) + chance * (1 - busy));
      next.set(sum + step, (next.get(sum + step) ?? 0) + chance * busy);
    }
    chances = next;
  }
  let mean = 0;
  for (const [sum, chance] of chances) mean += chance * Math.max(1, sum / left);
  return mean;
}
