import { REPLICA_COUNT_MAX } from "../backend/device-options.ts";
import { chooseCandidate } from "../schedule/calibration-choice.ts";
import { isBusy, noiseShare } from "../schedule/noisy-choice.ts";
import type { Combination, Variant } from "./combination.ts";
import { measure, type SearchOptions } from "./device-search.ts";

/**
 * What `unmeasuredChoice` is, made of the variants of a search: the CPU's cores filled with
 * sessions of one thread, and one instance of every other kind.
 *
 * @param kinds what it is made of, see `selectDevices`
 * @returns null where there are no kinds, or the search has no such variants of one of them
 */
export function usualAmong(
  variants: readonly Variant[],
  kinds: readonly string[],
  cores: number,
): Combination | null {
  const parts = kinds.flatMap((kind) => {
    const isUsual = ({ device }: Variant): boolean =>
      kind !== "cpu" || device === "cpu" || device.split(":").includes("threads=1");
    const variant = variants.find((one) => one.kind === kind && isUsual(one));
    const isWhole = kind !== "cpu" || variant?.device === "cpu";
    const replicas = isWhole ? 1 : Math.min(cores, REPLICA_COUNT_MAX);
    return variant === undefined ? [] : [{ variant, replicas }];
  });
  return parts.length === 0 || parts.length < kinds.length
    ? null
    : parts.toSorted((a, b) => a.variant.group - b.variant.group);
}

/**
 * Measures what is usual where the machine is too busy to tell what is best, unless the search has
 * done so: by luck it may have ended before it came to it. Beside it the best, in the same rounds.
 */
export async function measureUsual(options: SearchOptions, usual: Combination): Promise<void> {
  const { rounds } = options;
  if (rounds.candidate(usual) !== undefined) return;
  const best = chooseCandidate(rounds.candidates(), "throughput");
  if (best === undefined || !isBusy(noiseShare(best.throughput_fps))) return;
  const rival = rounds.combination(best.devices);
  await measure(options, rival === undefined ? [usual] : [usual, rival]);
}
