import type { Candidate, Interval, LeftOut } from "../schedule/calibration.ts";
import { isClearlyHigher } from "../schedule/calibration-choice.ts";
import { type Combination, formatCombination, type Part, type Variant } from "./combination.ts";
import { CombinationTrials, candidatesOf, type InstanceTrial } from "./figures.ts";
import { VariantFailed } from "./rig.ts";

/** A comparison ends once every interval's half is within this share of its mean. */
const PRECISION = 0.01;

export interface RoundsOptions {
  /** Measures a combination once. @throws {VariantFailed} */
  readonly trial: (combination: Combination) => Promise<readonly InstanceTrial[]>;
  /** A variant was given up: it will not be asked for again. */
  readonly release: (variant: Variant) => Promise<void>;
  /** Whether a decoder runs beside. */
  readonly decoding: boolean;
  /** Says what is going on, for people. */
  readonly progress: (text: string) => void;
}

/** Measures combinations in rounds, each in its turn, and keeps what was measured. */
export class Rounds {
  readonly leftOut: LeftOut[] = [];
  /** A device was left out that might have worked, had there been more time. */
  isLate = false;
  readonly #options: RoundsOptions;
  readonly #trials = new Map<string, CombinationTrials>();
  /** Replicas from which on a device failed. */
  readonly #failed = new Map<string, number>();
  #round = 0;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** Measures each of these so many times, in turns: what slows the machine slows them all. */
  async measure(combinations: readonly Combination[], rounds: number): Promise<void> {
    for (const combination of combinations) {
      const name = formatCombination(combination);
      if (!this.#trials.has(name)) this.#trials.set(name, new CombinationTrials(combination));
    }
    for (let count = 0; count < rounds; count += 1) {
      const round = this.#round++;
      for (const combination of rotated(combinations, round)) {
        if (!combination.some((part) => this.#hasFailed(part)))
          await this.#measureOnce(combination, round);
      }
    }
  }

  /** What has been measured so far. */
  candidates(): readonly Candidate[] {
    return candidatesOf(this.#measured(), this.#options.decoding);
  }

  /** What was measured of this combination; undefined where it was not, or left out. */
  candidate(combination: Combination): Candidate | undefined {
    const name = formatCombination(combination);
    return this.candidates().find((candidate) => candidate.devices === name);
  }

  /** The combination that was measured under this name. */
  combination(devices: string): Combination | undefined {
    return this.#trials.get(devices)?.combination;
  }

  /** Those that are not clearly beaten, or none where all is known well enough. */
  contenders(): readonly Combination[] {
    const candidates = this.candidates();
    const throughput = candidates.map((one) => one.throughput_fps);
    // The quickest is the one of the highest rate a frame.
    const quickness = candidates.map((one) => inverse(one.latency_ms.interval));
    const open = new Set([...unbeaten(throughput), ...unbeaten(quickness)]);
    const isPrecise = [...open].every(
      (index) =>
        halfOf(throughput[index] as Interval) <= PRECISION &&
        halfOf(quickness[index] as Interval) <= PRECISION,
    );
    if (isPrecise) return [];
    return this.#measured().flatMap(({ combination }, index) =>
      open.has(index) ? [combination] : [],
    );
  }

  /** One line about what was measured of it. */
  say(combination: Combination): void {
    const candidate = this.candidate(combination);
    if (candidate === undefined) return;
    const { throughput_fps: fps, latency_ms: latency, failed_share: failed } = candidate;
    const noise = (fps.high - fps.low) / 2;
    this.#options.progress(
      `${candidate.devices}: ${fps.mean.toFixed(1)} ± ${noise.toFixed(1)} frames/s, ` +
        `${latency.p50.toFixed(1)} ms a frame` +
        (failed > 0 ? `; ${(100 * failed).toFixed(1)} % of the frames failed` : ""),
    );
  }

  async #measureOnce(combination: Combination, round: number): Promise<void> {
    const name = formatCombination(combination);
    try {
      this.#trials.get(name)?.add(round, await this.#options.trial(combination));
    } catch (error) {
      if (!(error instanceof VariantFailed)) throw error;
      await this.#leaveOut(error, combination);
    }
  }

  /** In the order in which they were asked for first. */
  #measured(): readonly CombinationTrials[] {
    return [...this.#trials.values()].filter(({ trials }) => trials.length > 0);
  }

  #hasFailed({ variant, replicas }: Part): boolean {
    return replicas >= (this.#failed.get(variant.device) ?? Number.POSITIVE_INFINITY);
  }

  /** What fails is left out, with as many replicas or more, and all that was measured with it. */
  async #leaveOut(failure: VariantFailed, combination: Combination): Promise<void> {
    const { variant, message, isLate } = failure;
    const failed = combination.filter((part) => part.variant.device === variant.device);
    const devices = formatCombination(failed);
    this.isLate ||= isLate;
    for (const { replicas } of failed) this.#failed.set(variant.device, replicas);
    this.leftOut.push({ devices, reason: message });
    this.#options.progress(`${devices} is left out: ${message}`);
    for (const [name, trials] of this.#trials) {
      if (trials.combination.some((part) => this.#hasFailed(part))) this.#trials.delete(name);
    }
    await this.#options.release(variant);
  }
}

/** Indices of the intervals that the highest does not clearly beat; none where it beats all. */
function unbeaten(intervals: readonly Interval[]): readonly number[] {
  let highest = intervals[0];
  for (const one of intervals) if (highest === undefined || one.mean > highest.mean) highest = one;
  if (highest === undefined) return [];
  const best = highest;
  const found = intervals.flatMap((one, index) => (isClearlyHigher(best, one) ? [] : [index]));
  return found.length > 1 ? found : [];
}

/** The rate of a time, with its interval. */
function inverse({ mean, low, high }: Interval): Interval {
  const rate = 1 / mean;
  // To first order a relative error stays as large.
  return { mean: rate, low: rate * (2 - high / mean), high: rate * (2 - low / mean) };
}

function halfOf({ mean, low, high }: Interval): number {
  return (high - low) / 2 / mean;
}

/** Begins somewhere else each round, so that nobody is always the first. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
