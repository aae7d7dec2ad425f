import type { LevelFactor } from "../cascade/file/cascade.ts";
import { formatPercent, formatRate } from "../metrics/number-format.ts";
import { NAME_WIDTH } from "./header.ts";

const LEVELS_WIDTH = 24;
const RATE_WIDTH = 9;
const SHARE_WIDTH = 14;

/**
 * What each level saves alone, and all together, one row each.
 *
 * @example
 * ```text
 * factors     levels                   frames/s  to reference
 *             reference alone              12.4         100 %
 *             skipping                     24.8          50 %
 *             skipping, network           1,290          <1 %
 * ```
 */
export function factorLines(factors: readonly LevelFactor[]): string[] {
  if (factors.length === 0) return [];
  const row = (name: string, levels: string, rate: string, share: string): string =>
    `${name.padEnd(NAME_WIDTH)}${levels.padEnd(LEVELS_WIDTH)}` +
    `${rate.padStart(RATE_WIDTH)}${share.padStart(SHARE_WIDTH)}`;
  // What was chosen stands last.
  const chosenFps = factors.at(-1)?.fps ?? 0;
  return [
    row("factors", "levels", "frames/s", "to reference"),
    ...factors.map(({ levels, fps, inferred, holds, same }) => {
      const note = same === undefined ? "" : `   the same as ${same}`;
      const beyond = holds ? "" : "   not within the budgets";
      const late = holds && fps > chosenFps ? "   quicker, but only seen after the choice" : "";
      return `${row("", levels, formatRate(fps), formatPercent(inferred))}${note}${beyond}${late}`;
    }),
  ];
}
