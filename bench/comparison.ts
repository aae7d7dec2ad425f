import type { Comparison, Ratio, Way } from "./benchmark.ts";

/** What to compare with what; `atLeast` is what it must reach. */
export interface Claim {
  readonly of: string;
  readonly to: string;
  readonly atLeast?: number;
}

export interface ComparisonOptions {
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly ways: readonly Way[];
  readonly claims: readonly Claim[];
  readonly notes?: readonly string[];
}

/**
 * Runs every way once a round, in turns and every other round backwards (A B B A), so that what
 * else the machine does, and a drift of its speed, falls on all of them alike.
 *
 * @returns each way's figure of every round, in the order of the rounds
 */
export async function alternate(
  ways: Readonly<Record<string, () => number | Promise<number>>>,
  rounds: number,
): Promise<Way[]> {
  const names = Object.keys(ways);
  const values = new Map(names.map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) values.get(name)?.push(await (ways[name] as () => number)());
  }
  return names.map((name) => ({ name, values: values.get(name) as number[] }));
}

/** Builds a comparison; a claim about a way that was not measured is left out. */
export function compare(options: ComparisonOptions): Comparison {
  const { title, unit, better, ways, claims, notes = [] } = options;
  const valuesOf = (name: string): readonly number[] =>
    ways.find((way) => way.name === name)?.values ?? [];
  const ratios = claims.flatMap(({ of, to, atLeast }): Ratio[] => {
    const value = pairedRatio(valuesOf(of), valuesOf(to), better);
    return Number.isNaN(value)
      ? []
      : [{ of, to, value, ...(atLeast !== undefined && { atLeast }) }];
  });
  return { title, unit, better, ways, ratios, notes };
}

/**
 * Median over the rounds of the ratio within a round: a machine that was slow for a round slowed
 * both sides of it. NaN where nothing was measured.
 */
export function pairedRatio(
  of: readonly number[],
  to: readonly number[],
  better: "higher" | "lower",
): number {
  const rounds = Math.min(of.length, to.length);
  const ratios = Array.from({ length: rounds }, (_, round) => {
    const ratio = (of[round] as number) / (to[round] as number);
    return better === "higher" ? ratio : 1 / ratio;
  });
  return median(ratios);
}

/** The middle value, the mean of the two in the middle for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
