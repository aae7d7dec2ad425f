import type { Cascade } from "../cascade/file/cascade.ts";
import { formatRate } from "../metrics/number-format.ts";
import { share, threshold } from "./cascade-text.ts";

/**
 * What tuning has made of a cascade, on one line; what has no arrow stayed as it was.
 *
 * @example
 * ```text
 * t_skip 5 → 1   t_diff 0.125 → none   c_low 0.1 → 0.24   c_high 0.9   2,000 → 2,400 frames/s by the costs   bounds: false negatives 0.9 % → 1.8 %, false positives 0.1 % → 1.2 %
 * ```
 */
export function formatChange(before: Cascade, after: Cascade): string {
  const change = (figure: (cascade: Cascade) => string): string => {
    const [old, now] = [figure(before), figure(after)];
    return old === now ? now : `${old} → ${now}`;
  };
  const level = (of: (levels: Cascade["levels"]) => number | undefined): string =>
    change(({ levels }) => {
      const value = of(levels);
      return value === undefined ? "none" : threshold(value);
    });
  const bound = (kind: "falseNegatives" | "falsePositives"): string =>
    change(({ validation }) => share(validation[kind].bound));
  return [
    `t_skip ${level(({ tSkip }) => tSkip)}`,
    `t_diff ${level(({ difference }) => difference?.tDiff)}`,
    `c_low ${level(({ network }) => network?.cLow)}`,
    `c_high ${level(({ network }) => network?.cHigh)}`,
    `${change(({ validation }) => formatRate(validation.cascadeFps))} frames/s by the costs`,
    `bounds: false negatives ${bound("falseNegatives")}, false positives ${bound("falsePositives")}`,
  ].join("   ");
}
