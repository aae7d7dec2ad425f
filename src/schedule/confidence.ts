import type { Interval } from "./calibration.ts";

/** Student's t, two-sided 95 %, for 1 to 30 degrees of freedom. */
const T_QUANTILES = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];
const NORMAL_QUANTILE = 1.96;
/** Rounds that fewer took part in are left as they are: they tell too little of the round. */
const PARTICIPANTS_MIN = 3;
/** Alternating means settle within a few turns, even where much is missing. */
const TURNS = 20;

/**
 * Mean and 95 % confidence interval of positive measurements, by Student's t. Of one alone nothing
 * is known but itself: from 0 to twice it.
 *
 * @throws {RangeError} where there are none
 */
export function confidenceInterval(values: readonly number[]): Interval {
  const count = values.length;
  if (count === 0) throw new RangeError("confidenceInterval: no values");
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, low: 0, high: 2 * mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const quantile = T_QUANTILES[count - 2] ?? NORMAL_QUANTILE;
  const half = quantile * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

/**
 * Measurements without what slowed all those of a round alike (another program, a warm processor):
 * a randomised block design (Fisher, "The Design of Experiments", 1935, §26) with rounds as blocks.
 * Logarithms are split into an effect of each series, one of each round, and a rest; the round's
 * effect is taken out. With n series in a round the estimate takes a share 1/n of the rest with
 * it, so the rest is multiplied by √(n/(n−1)).
 *
 * @param series one list for each thing measured, positive, by round; undefined where it sat out
 * @returns the same without the gaps; each series keeps its geometric mean up to what its rounds
 * were worth
 */
export function withoutRoundEffects(
  series: readonly (readonly (number | undefined)[])[],
): readonly (readonly number[])[] {
  const logs = series.map((values) =>
    values.map((value) => (value === undefined ? undefined : Math.log(value))),
  );
  const roundCount = Math.max(0, ...logs.map((values) => values.length));
  const own = new Float64Array(logs.length);
  const shared = new Float64Array(roundCount);
  const participants = Array.from(
    { length: roundCount },
    (_, round) => logs.filter((values) => values[round] !== undefined).length,
  );
  const adjusted = [...shared.keys()].filter((round) => isAdjusted(participants[round]));
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [index, values] of logs.entries()) {
      own[index] = meanOf(values.map((log, round) => minus(log, shared[round])));
    }
    for (const round of adjusted) {
      shared[round] = meanOf(logs.map((values, index) => minus(values[round], own[index])));
    }
    // Only differences are determined: of all rounds together nothing is taken out.
    const level = meanOf(adjusted.map((round) => shared[round]));
    for (const round of adjusted) shared[round] = (shared[round] as number) - level;
  }
  return logs.map((values, index) =>
    values.flatMap((log, round) => {
      if (log === undefined) return [];
      const count = participants[round] as number;
      const stretch = isAdjusted(count) ? Math.sqrt(count / (count - 1)) : 1;
      const mean = own[index] as number;
      return [Math.exp(mean + stretch * (log - (shared[round] as number) - mean))];
    }),
  );
}

function isAdjusted(participants: number | undefined): boolean {
  return (participants ?? 0) >= PARTICIPANTS_MIN;
}

function minus(value: number | undefined, effect: number | undefined): number | undefined {
  return value === undefined ? undefined : value - (effect as number);
}

function meanOf(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
}
