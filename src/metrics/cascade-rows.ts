import { formatCount, formatCountOf, formatPercent } from "./number-format.ts";
import type { CascadeAuditReport, CascadeRateReport, CascadeReport, Report } from "./report.ts";

/** What the table says of a cascade, a line each; none where none ran. */
export function cascadeRows({ cascade, frames }: Report): string[] {
  if (cascade === undefined) return [];
  const { audits } = cascade;
  const names = audits.length > 1;
  return [
    levelsRow(cascade, frames.emitted),
    ...audits.map((audit) => `${names ? `${audit.source}: ` : ""}${auditRow(audit)}`),
  ];
}

function auditRow({
  audited,
  skipped,
  false_negatives,
  false_positives,
}: CascadeAuditReport): string {
  const late = skipped === 0 ? "" : ` (no time for ${formatCount(skipped)} more)`;
  if (audited === 0) return `no frame audited${late}`;
  return (
    `${formatCountOf(audited, "frame")} audited${late}: missed ${rateText(false_negatives)}, ` +
    `false alarms ${rateText(false_positives)}`
  );
}

function rateText({ rate, low, high, audited, watched }: CascadeRateReport): string {
  const drift = watched ? "" : ", not watched for drift";
  if (audited === 0) return `unknown${drift}`;
  return `${percentOf(rate)} (${percentOf(low)} to ${percentOf(high)}${drift})`;
}

/** Error rates count in tenths of a percent. */
function percentOf(rate: number): string {
  return `${(100 * rate).toFixed(rate < 0.1 ? 1 : 0)} %`;
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
