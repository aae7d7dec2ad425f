import type { Candidate, LeftOut } from "../schedule/calibration.ts";
import type { Combination, Variant } from "./combination.ts";
import type { InstanceTrial } from "./figures.ts";
import { CALLS_MIN, VariantFailed } from "./rig.ts";
import { Rounds } from "./rounds.ts";

/** Fewer say nothing of the noise. */
const ROUNDS_MIN = 2;
const ROUNDS_MAX = 6;
const SLICE_MS_MIN = 40;
const SLICE_MS_MAX = 150;
const FRAMES_PER_SLICE = 6;
/** A frame beside others may take so many times longer than it did at the warm-up. */
const CONTENTION = 2;

/** What the rounds measure with. */
export interface QuickSteps {
  readonly clockMs: () => number;
  /** Opens what is not open yet. @returns its warm calls' times in ms @throws {VariantFailed} */
  readonly open: (combination: Combination) => Promise<readonly number[]>;
  /** Measures it for so long. @throws {VariantFailed} */
  readonly trial: (combination: Combination, sliceMs: number) => Promise<readonly InstanceTrial[]>;
  readonly release: (variant: Variant) => Promise<void>;
}

/** What there was time to measure. */
export interface QuickMeasurement {
  /** Empty where a device was late, or there were too few rounds to compare any. */
  readonly candidates: readonly Candidate[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Compares combinations in short turns until `endMs`, or until one is clearly the best. What could
 * not be measured in at least two rounds is no candidate; a device that is late makes all of them
 * incomparable.
 */
export async function measureQuickly(
  combinations: readonly Combination[],
  endMs: number,
  { clockMs, open, trial, release }: QuickSteps,
): Promise<QuickMeasurement> {
  let rounds = 0;
  const trials = new Rounds({
    trial: async (combination) => {
      const callsMs = await open(combination);
      const variant = combination[0]?.variant;
      if (variant !== undefined && rounds < ROUNDS_MIN && clockMs() + neededMs(callsMs) > endMs) {
        throw new VariantFailed(variant, "a frame takes it too long for a quick look", true);
      }
      return trial(combination, sliceMs(callsMs));
    },
    release,
    decoding: false,
    progress: () => undefined,
  });
  let roundMs = 0;
  while (!trials.isLate && rounds < ROUNDS_MAX && clockMs() + roundMs < endMs) {
    const startedMs = clockMs();
    await trials.measure(combinations, 1);
    rounds += 1;
    roundMs = clockMs() - startedMs;
    if (rounds > ROUNDS_MIN && trials.contenders().length === 0) break;
  }
  const isComparable = !trials.isLate && rounds >= ROUNDS_MIN;
  return { candidates: isComparable ? trials.candidates() : [], leftOut: trials.leftOut };
}

/** Time the slowest instance needs for the calls a trial is made of, at worst. */
function neededMs(callsMs: readonly number[]): number {
  return CALLS_MIN * CONTENTION * Math.max(...callsMs);
}

/** A turn's length: a few calls of the quickest instance. */
export function sliceMs(callsMs: readonly number[]): number {
  const enough = FRAMES_PER_SLICE * CONTENTION * Math.min(...callsMs);
  return Math.min(SLICE_MS_MAX, Math.max(SLICE_MS_MIN, enough));
}
