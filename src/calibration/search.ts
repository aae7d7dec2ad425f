import type { Candidate, LeftOut } from "../schedule/calibration.ts";
import { chooseCandidate, isHigher } from "../schedule/calibration-choice.ts";
import {
  type Combination,
  formatCombination,
  type Part,
  type Variant,
} from "./combination.ts";
import { CombinationTrials, candidatesOf } from "./figures.ts";
import { type Measured, VariantFailed } from "./rig.ts";

/** Rounds after which a combination may be judged. */
export const ROUNDS_MIN = 3;
/** The last comparison ends once every interval's half is within this share of its mean. */
const PRECISION = 0.01;
/** A variant whose replicas cannot come within this share of the best is not replicated. */
const HOPELESS = 0.9;

export interface SearchOptions {
  readonly variants: readonly Variant[];
  /** Measures a combination once. @throws {VariantFailed} */
  readonly trial: (combination: Combination) => Promise<readonly Measured[]>;
  /** A variant was given up: it will not be asked for again. */
  readonly release: (variant: Variant) => Promise<void>;
  /** Whether a decoder runs beside. */
  readonly decoding: boolean;
  /** Says what is going on, for people. */
  readonly progress: (text: string) => void;
  /** Whether there is time for another round. */
  readonly hasTime: () => boolean;
}

/** Measures combinations in rounds, and decides which ones come next. */
export class Search {
  readonly leftOut: LeftOut[] = [];
  /** A device was left out that would have worked, had there been time. */
  isLate = false;
  readonly #options: SearchOptions;
  readonly #trials = new Map<string, CombinationTrials>();
  readonly #failed = new Set<Variant>();
  #round = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** What has been measured so far. */
  candidates(): readonly Candidate[] {
    return candidatesOf([...this.#trials.values()], this.#options.decoding);
  }

  /** Every device alone, then with more replicas as long as they help, then devices together. */
  async explore(): Promise<void> {
    const { variants } = this.#options;
    await this.measure(
      variants.map((variant) => [{ variant, replicas: variant.replicasMin }]),
      ROUNDS_MIN,
    );
    for (const variant of variants) await this.#replicate(variant);
    await this.#combine();
  }

  /** Every number of replicas of every device, and of all devices together. */
  async sweep(): Promise<void> {
    const { variants } = this.#options;
    const alone = variants.flatMap((variant) =>
      range(variant.replicasMin, variant.replicasMax).map((replicas) => [{ variant, replicas }]),
    );
    await this.measure(alone, ROUNDS_MIN);
    const best = this.#bestOfGroups().map(([part]) => part as Part);
    if (best.length < 2) return;
    const least = Math.min(...best.map(({ variant }) => variant.replicasMin));
    const most = Math.max(...best.map(({ variant }) => variant.replicasMax));
    const together = range(Math.max(2, least), most).map((count) => spread(best, count));
    await this.measure(together, ROUNDS_MIN);
  }

  /** Compares what may still be the best, in rounds, until it is clear or the time is over. */
  async race(): Promise<void> {
    while (this.#options.hasTime()) {
      const open = this.#contenders();
      if (open.length === 0) return;
      const devices = open.map((one) => formatCombination(one)).join(" · ");
      this.#options.progress(`comparing ${devices}`);
      await this.measure(open, 1, true);
    }
  }

  /** Measures each of these so many times, in turns: what slows the machine slows them all. */
  async measure(
    combinations: readonly Combination[],
    rounds: number,
    isSilent = false,
  ): Promise<void> {
    for (let count = 0; count < rounds; count += 1) {
      const round = this.#round++;
      for (const combination of rotated(combinations, round)) {
        if (combination.some(({ variant }) => this.#failed.has(variant))) continue;
        await this.#measureOnce(combination, round);
      }
    }
    if (!isSilent) for (const combination of combinations) this.#say(combination);
  }

  async #measureOnce(combination: Combination, round: number): Promise<void> {
    const name = formatCombination(combination);
    try {
      const measured = await this.#options.trial(combination);
      const trials = this.#trials.get(name) ?? new CombinationTrials(combination);
      this.#trials.set(name, trials);
      trials.add(round, measured);
    } catch (error) {
      if (!(error instanceof VariantFailed)) throw error;
      await this.#leaveOut(error);
    }
  }

  /** A device that fails is left out, and everything that was measured with it. */
  async #leaveOut({ variant, message, isLate }: VariantFailed): Promise<void> {
    this.isLate ||= isLate;
    this.#failed.add(variant);
    this.leftOut.push({ devices: variant.device, reason: message });
    this.#options.progress(`${variant.device} is left out: ${message}`);
    for (const [name, { combination }] of this.#trials) {
      if (combination.some((part) => part.variant === variant)) this.#trials.delete(name);
    }
    await this.#options.release(variant);
  }

  /** Doubles the replicas of a device while throughput rises, then looks once in between. */
  async #replicate(variant: Variant): Promise<void> {
    let replicas = variant.replicasMin;
    const first = this.#candidate([{ variant, replicas }]);
    if (first === undefined) return;
    const bestFps = Math.max(
      ...this.#ofGroup(variant.group).map((candidate) => candidate.throughput_fps.mean),
    );
    const hopedFps = (first.throughput_fps.high * variant.replicasMax) / replicas;
    if (hopedFps < HOPELESS * bestFps) return;
    let [best, step] = [first, replicas];
    while (replicas + step <= variant.replicasMax || (step = variant.replicasMax - replicas) > 0) {
      const next = await this.#one({ variant, replicas: replicas + step });
      if (next === undefined) return;
      if (isHigher(next.throughput_fps, best.throughput_fps)) {
        replicas += step;
        best = next;
        step = replicas;
      } else {
        step = Math.floor(step / 2);
        if (step > 0) await this.#one({ variant, replicas: replicas + step });
        return;
      }
    }
  }

  /** Adds the other devices' best to the best one, making room for them where that helps. */
  async #combine(): Promise<void> {
    const [first, ...others] = this.#bestOfGroups();
    let base = first ?? [];
    for (const other of others) {
      const single = other.map(({ variant }) => ({ variant, replicas: variant.replicasMin }));
      const joined = [base, withoutOne(base)].flatMap((some) =>
        [other, single].map((more) => [...some, ...more]),
      );
      const combinations = unique(joined.filter((one) => one.length > other.length));
      await this.measure(combinations, ROUNDS_MIN);
      const measured = [base, ...combinations].flatMap((one) => this.#candidate(one) ?? []);
      const best = chooseCandidate(measured, "throughput");
      base =
        combinations.find((one) => formatCombination(one) === best?.devices) ?? base;
    }
  }

  /** The best combination of each device alone, the best device first. */
  #bestOfGroups(): readonly Combination[] {
    const groups = [...new Set(this.#options.variants.map(({ group }) => group))];
    return groups
      .flatMap((group) => {
        const best = chooseCandidate(this.#ofGroup(group), "throughput");
        const trials = best === undefined ? undefined : this.#trials.get(best.devices);
        return best === undefined || trials === undefined
          ? []
          : [{ combination: trials.combination, fps: best.throughput_fps.mean }];
      })
      .sort((a, b) => b.fps - a.fps)
      .map(({ combination }) => combination);
  }

  #ofGroup(group: number): readonly Candidate[] {
    return this.candidates().filter(({ devices }) => {
      const [part, ...others] = this.#trials.get(devices)?.combination ?? [];
      return others.length === 0 && part?.variant.group === group;
    });
  }

  /** Those that are not clearly beaten in both ways, unless all is known well enough. */
  #contenders(): readonly Combination[] {
    const candidates = this.candidates();
    const fastest = maxBy(candidates, (one) => one.throughput_fps.mean);
    const quickest = maxBy(candidates, (one) => -one.latency_ms.interval.mean);
    if (fastest === undefined || quickest === undefined) return [];
    const forThroughput = candidates.filter(
      (one) => !isClearlyHigher(fastest.throughput_fps, one.throughput_fps),
    );
    const forLatency = candidates.filter(
      (one) => !isClearlyHigher(one.latency_ms.interval, quickest.latency_ms.interval),
    );
    const open = new Set<Candidate>();
    if (forThroughput.length > 1) for (const one of forThroughput) open.add(one);
    if (forLatency.length > 1) for (const one of forLatency) open.add(one);
    const isPrecise = [...open].every(
      (one) => halfOf(one.throughput_fps) <= PRECISION && halfOf(one.latency_ms.interval) <= PRECISION,
    );
    if (isPrecise) return [];
    return [...open].map((one) => (this.#trials.get(one.devices) as CombinationTrials).combination);
  }

  async #one(part: Part): Promise<Candidate | undefined> {
    await this.measure([[part]], ROUNDS_MIN);
    return this.#candidate([part]);
  }

  #candidate(combination: Combination): Candidate | undefined {
    const name = formatCombination(combination);
    return this.candidates().find((candidate) => candidate.devices === name);
  }

  #say(combination: Combination): void {
    const candidate = this.#candidate(combination);
    if (candidate === undefined) return;
    const { throughput_fps: fps, latency_ms: latency } = candidate;
    const noise = (fps.high - fps.low) / 2;
    this.#options.progress(
      `${candidate.devices}: ${fps.mean.toFixed(1)} ± ${noise.toFixed(1)} frames/s, ` +
        `${latency.mean.toFixed(1)} ms a frame`,
    );
  }
}

/** Beyond their own noise, however large it is. */
function isClearlyHigher(a: Candidate["throughput_fps"], b: Candidate["throughput_fps"]): boolean {
  return a.mean - b.mean > Math.hypot(a.mean - a.low, b.high - b.mean);
}

function halfOf({ mean, low, high }: Candidate["throughput_fps"]): number {
  return (high - low) / 2 / mean;
}

function maxBy<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || value(item) > value(best) ? item : best),
    undefined,
  );
}

/** So many instances in all, dealt to the devices in turns. */
export function spread(parts: readonly Part[], count: number): Combination {
  return parts
    .map(({ variant }, index) => ({
      variant,
      replicas: Math.floor(count / parts.length) + (index < count % parts.length ? 1 : 0),
    }))
    .filter(({ replicas }) => replicas > 0);
}

/** One replica less of the first device that has several; empty where none has. */
function withoutOne(combination: Combination): Combination {
  const index = combination.findIndex(({ variant, replicas }) => replicas > variant.replicasMin);
  if (index < 0) return [];
  return combination.map((part, at) =>
    at === index ? { ...part, replicas: part.replicas - 1 } : part,
  );
}

function unique(combinations: readonly Combination[]): readonly Combination[] {
  return [...new Map(combinations.map((one) => [formatCombination(one), one])).values()];
}

function range(min: number, max: number): readonly number[] {
  return Array.from({ length: Math.max(0, max - min + 1) }, (_, index) => min + index);
}

/** Begins somewhere else each round, so that nobody is always the first. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

