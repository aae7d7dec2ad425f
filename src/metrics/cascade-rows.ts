import { formatCount, formatPercent } from "./number-format.ts";
import type { CascadeReport, Report } from "./report.ts";

/** What the table says of a cascade, a line each; none where none ran. */
export function cascadeRows({ cascade, frames }: Report): string[] {
  return cascade === undefined ? [] : [levelsRow(cascade, frames.emitted)];
}

function levelsRow({ question, levels, present }: CascadeReport, emitted: number): string {
  const { skipped, unchanged, empty, specialized, inferred } = levels;
  const early = skipped + unchanged + empty + specialized;
  const how = [
    [skipped, "skipped"],
    [unchanged, "unchanged"],
    [empty, "empty"],
    [specialized, "by the network"],
    [inferred, "by the model"],
  ] as const;
  const parts = how
    .filter(([count, name]) => count > 0 || name === "by the model")
    .map(([count, name]) => `${formatCount(count)} ${name}`);
  const share = emitted === 0 ? 0 : early / emitted;
  return (
    `${question.classes.join(", ")} in ${formatCount(present)} of ${formatCount(emitted)} frames; ` +
    `${formatPercent(share)} answered early: ${parts.join(", ")}`
  );
}
