import type { Candidate } from "../schedule/calibration.ts";
import { chooseCandidate, isHigher } from "../schedule/calibration-choice.ts";
import { type Combination, formatCombination, type Part, type Variant } from "./combination.ts";
import type { Rounds } from "./rounds.ts";

/** Rounds after which a combination may be judged. */
const ROUNDS_MIN = 3;
/** A variant whose replicas cannot come within this share of the best is not replicated. */
const HOPELESS = 0.9;

/** A device that brings less than this share at best is not tried together with others. */
const NEGLIGIBLE = 0.02;

export interface SearchOptions {
  readonly rounds: Rounds;
  readonly variants: readonly Variant[];
  /** Says what is going on, for people. */
  readonly progress: (text: string) => void;
  /** Whether there is time for another round. */
  readonly hasTime: () => boolean;
}

/**
 * Every device alone, then with more replicas as long as they help, then with larger calls, then
 * devices together.
 */
export async function explore(options: SearchOptions): Promise<void> {
  const { variants } = options;
  await measure(
    options,
    variants.map((variant) => [{ variant, replicas: variant.replicasMin }]),
  );
  for (const variant of variants) await replicate(options, variant, variant.replicasMin);
  for (const group of groupsOf(variants)) {
    const enlarged = await enlarge(options, group);
    if (enlarged === null) continue;
    const { variant, replicas } = enlarged;
    // What a replica did for single frames, a larger call may do by itself; or leave more to do.
    if (replicas > variant.replicasMin) {
      await measure(options, [[{ variant, replicas: variant.replicasMin }]]);
    }
    await replicate(options, variant, replicas);
  }
  await combine(options);
}

/** Every number of replicas of every device, and of all devices together. */
export async function sweep(options: SearchOptions): Promise<void> {
  const { rounds, variants } = options;
  const alone = variants.flatMap((variant) =>
    range(variant.replicasMin, variant.replicasMax).map((replicas) => [{ variant, replicas }]),
  );
  await measure(options, alone);
  for (const group of groupsOf(variants)) {
    const variant = (await enlarge(options, group))?.variant;
    if (variant === undefined) continue;
    const counts = range(variant.replicasMin, variant.replicasMax);
    const missing = counts.filter(
      (replicas) => rounds.candidate([{ variant, replicas }]) === undefined,
    );
    await measure(
      options,
      missing.map((replicas) => [{ variant, replicas }]),
    );
  }
  const best = bestOfGroups(options).flatMap((combination) => combination.slice(0, 1));
  if (best.length < 2) return;
  const most = Math.max(...best.map(({ variant }) => variant.replicasMax));
  await measure(
    options,
    range(2, most).map((count) => spread(best, count)),
  );
}

/** Compares what may still be the best, in rounds, until it is clear or the time is over. */
export async function race({ rounds, progress, hasTime }: SearchOptions): Promise<void> {
  let compared = "";
  while (hasTime()) {
    const open = rounds.contenders();
    if (open.length === 0) return;
    const names = open.map(formatCombination).join(" · ");
    if (names !== compared) progress(`comparing ${names}`);
    compared = names;
    await rounds.measure(open, 1);
  }
}

async function measure(
  { rounds }: SearchOptions,
  combinations: readonly Combination[],
): Promise<void> {
  await rounds.measure(combinations, ROUNDS_MIN);
  for (const combination of combinations) rounds.say(combination);
}

/**
 * Puts more frames into the calls of a device's best as long as throughput rises: where batches do
 * not help, that is one size measured.
 *
 * @returns the last one that helped; null where none did
 */
async function enlarge(options: SearchOptions, group: number): Promise<Part | null> {
  const { rounds } = options;
  let best = chooseCandidate(aloneOf(options, group), "throughput");
  const [part] = best === undefined ? [] : (rounds.combination(best.devices) ?? []);
  if (best === undefined || part === undefined) return null;
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

/** Doubles the replicas of a device while throughput rises, then looks once in between. */
async function replicate(options: SearchOptions, variant: Variant, from: number): Promise<void> {
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

/** Adds the other devices' best to the best one, making room for them where that helps. */
async function combine(options: SearchOptions): Promise<void> {
  const { rounds } = options;
  const [first, ...others] = bestOfGroups(options);
  let base = first ?? [];
  for (const other of others) {
    // Together they reach at most the sum of what each reaches alone.
    const [baseFps, otherFps] = [base, other].map(
      (one) => rounds.candidate(one)?.throughput_fps.high ?? 0,
    ) as [number, number];
    if (otherFps < NEGLIGIBLE * baseFps) continue;
    const single = other.map(({ variant }) => ({ variant, replicas: variant.replicasMin }));
    const joined = [base, withoutOne(base)]
      .filter((some) => some.length > 0)
      .flatMap((some) => [other, single].map((more) => asNamed([...some, ...more])));
    const combinations = unique(joined);
    await measure(options, combinations);
    const measured = [base, ...combinations].flatMap((one) => rounds.candidate(one) ?? []);
    const best = chooseCandidate(measured, "throughput");
    base = combinations.find((one) => formatCombination(one) === best?.devices) ?? base;
  }
}

/** The best combination of each device alone, the best device first. */
function bestOfGroups(options: SearchOptions): readonly Combination[] {
  const { rounds, variants } = options;
  return groupsOf(variants)
    .flatMap((group) => chooseCandidate(aloneOf(options, group), "throughput") ?? [])
    .sort((a, b) => b.throughput_fps.mean - a.throughput_fps.mean)
    .flatMap(({ devices }) => [rounds.combination(devices) ?? []]);
}

function groupsOf(variants: readonly Variant[]): readonly number[] {
  return [...new Set(variants.map(({ group }) => group))];
}

/** What was measured of one device and no other. */
function aloneOf({ rounds }: SearchOptions, group: number): readonly Candidate[] {
  return rounds.candidates().filter(({ devices }) => {
    const [part, ...others] = rounds.combination(devices) ?? [];
    return others.length === 0 && part?.variant.group === group;
  });
}

/** So many instances in all, dealt to the devices in turns. */
export function spread(parts: readonly Part[], count: number): Combination {
  const dealt = parts.map(({ variant }, index) => ({
    variant,
    replicas: Math.floor(count / parts.length) + (index < count % parts.length ? 1 : 0),
  }));
  return asNamed(dealt.filter(({ replicas }) => replicas > 0));
}

/** In the order in which the devices were named: one combination has one name. */
function asNamed(combination: Combination): Combination {
  return combination.toSorted((a, b) => a.variant.group - b.variant.group);
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
