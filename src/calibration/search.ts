import { chooseCandidate } from "../schedule/calibration-choice.ts";
import { type Combination, formatCombination, type Part } from "./combination.ts";
import {
  aloneOf,
  enlarge,
  groupsOf,
  measure,
  replicate,
  type SearchOptions,
} from "./device-search.ts";

/** A device that brings less than this share at best is not tried together with others. */
const NEGLIGIBLE = 0.02;

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
