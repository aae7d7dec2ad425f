import type { Candidate } from "../schedule/calibration.ts";
import { chooseCandidate, isHigher } from "../schedule/calibration-choice.ts";
import type { Combination, Part, Variant } from "./combination.ts";
import type { Rounds } from "./rounds.ts";

/** Rounds after which a combination may be judged. */
const ROUNDS_MIN = 3;
/**
 * A variant that cannot come within this share of the best, had each replica or each frame of a
 * call the throughput of the first, gets no more of them.
 */
const HOPELESS = 0.9;

export interface SearchOptions {
  readonly rounds: Rounds;
  readonly variants: readonly Variant[];
  /** Says what is going on, for people. */
  readonly progress: (text: string) => void;
  /** Whether there is time for another round. */
  readonly hasTime: () => boolean;
}

/** Measures combinations until they may be judged. */
export async function measure(
  { rounds }: SearchOptions,
  combinations: readonly Combination[],
): Promise<void> {
  await rounds.measure(combinations, ROUNDS_MIN);
  for (const combination of combinations) rounds.say(combination);
}

/** Doubles the replicas of a device while throughput rises, then looks once in between. */
export async function replicate(
  options: SearchOptions,
  variant: Variant,
  from: number,
): Promise<void> {
  const { rounds } = options;
  const ofReplicas = async (replicas: number): Promise<Candidate | undefined> => {
    await measure(options, [[{ variant, replicas }]]);
    return rounds.candidate([{ variant, replicas }]);
  };
  let replicas = from;
  let best = rounds.candidate([{ variant, replicas }]);
  if (best === undefined) return;
  const hopedFps = (best.throughput_fps.high * variant.replicasMax) / replicas;
  const rivals = aloneOf(options, variant.group).map((one) => one.throughput_fps.mean);
  if (hopedFps < HOPELESS * Math.max(...rivals)) return;
  while (replicas < variant.replicasMax) {
    const more = Math.min(2 * replicas, variant.replicasMax);
    const next = await ofReplicas(more);
    if (next === undefined) return;
    if (!isHigher(next.throughput_fps, best.throughput_fps)) {
      const between = Math.floor((replicas + more) / 2);
      if (between > replicas) await ofReplicas(between);
      return;
    }
    replicas = more;
    best = next;
  }
}

/**
 * Puts more frames into the calls of a device's best as long as throughput rises: where batches do
 * not help, that is one size measured.
 *
 * @returns the last one that helped; null where none did
 */
export async function enlarge(options: SearchOptions, group: number): Promise<Part | null> {
  const { rounds } = options;
  let best = chooseCandidate(aloneOf(options, group), "throughput");
  const [part] = best === undefined ? [] : (rounds.combination(best.devices) ?? []);
  if (best === undefined || part === undefined) return null;
  const hopedFps = (best.throughput_fps.high * largestBatch(part.variant)) / part.variant.batch;
  const rivals = rounds.candidates().map((one) => one.throughput_fps.mean);
  if (hopedFps < HOPELESS * Math.max(...rivals)) return null;
  let enlarged: Part | null = null;
  for (let variant = part.variant.larger; variant !== null; variant = variant.larger) {
    const next = { variant, replicas: part.replicas };
    await measure(options, [[next]]);
    const candidate = rounds.candidate([next]);
    if (candidate === undefined || !isHigher(candidate.throughput_fps, best.throughput_fps)) break;
    best = candidate;
    enlarged = next;
  }
  return enlarged;
}

/** What was measured of one device and no other. */
export function aloneOf({ rounds }: SearchOptions, group: number): readonly Candidate[] {
  return rounds.candidates().filter(({ devices }) => {
    const [part, ...others] = rounds.combination(devices) ?? [];
    return others.length === 0 && part?.variant.group === group;
  });
}

/** Numbers of the devices named, in their order. */
export function groupsOf(variants: readonly Variant[]): readonly number[] {
  return [...new Set(variants.map(({ group }) => group))];
}

function largestBatch(variant: Variant): number {
  return variant.larger === null ? variant.batch : largestBatch(variant.larger);
}
