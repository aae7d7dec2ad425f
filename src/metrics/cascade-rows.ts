import { formatCount, formatCountOf, formatPercent } from "./number-format.ts";
import type {
  CascadeAuditReport,
  CascadeEventReport,
  CascadeRateReport,
  CascadeReport,
  Report,
} from "./report.ts";

/** What the table says of a cascade, a line each; none where none ran. */
export function cascadeRows({ cascade, frames }: Report): string[] {
  if (cascade === undefined) return [];
  const { audits, events } = cascade;
  const names = audits.length > 1;
  return [
    levelsRow(cascade, frames.emitted),
    ...audits.map((audit) => {
      const row = auditRow(audit, lastTurn(events, audit.source));
      return names ? `${audit.source}: ${row}` : row;
    }),
  ];
}

/** The event that says who answers this source's frames now; undefined where none ever came. */
function lastTurn(
  events: readonly CascadeEventReport[],
  source: string,
): CascadeEventReport | undefined {
  return events.findLast(
    (event) => event.source === source && (event.kind === "fallback" || event.kind === "retrained"),
  );
}

function auditRow(
  { audited, skipped, false_negatives, false_positives }: CascadeAuditReport,
  turn: CascadeEventReport | undefined,
): string {
  const late = skipped === 0 ? "" : ` (no time for ${formatCount(skipped)} more)`;
  const count = `${audited === 0 ? "no frame" : formatCountOf(audited, "frame")} audited${late}`;
  const isAtWork = turn === undefined || (turn.kind === "retrained" && turn.frame !== null);
  const rates =
    audited === 0 || !isAtWork
      ? ""
      : `: missed ${rateText(false_negatives)}, false alarms ${rateText(false_positives)}`;
  return `${count}${rates}${turn === undefined ? "" : `; ${turnText(turn)}`}`;
}

function turnText({ kind, frame }: CascadeEventReport): string {
  const since = frame === null ? "" : ` since frame ${formatCount(frame)}`;
  if (kind === "fallback") return `the model answers${since} (drift); no new cascade yet`;
  return frame === null ? "a new cascade for the next run" : `a new cascade${since}`;
}

function rateText({ rate, low, high, audited, watched }: CascadeRateReport): string {
  const drift = watched ? "" : ", only its budget is watched";
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
