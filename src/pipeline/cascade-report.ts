import type { RateEstimate } from "../cascade/audit-estimate.ts";
import type {
  AnswerCounts,
  CascadeAuditReport,
  CascadeEventReport,
  CascadeLevelCounts,
  CascadeRateReport,
  CascadeReport,
} from "../metrics/report.ts";
import type { LevelCounts } from "./cascade-answers.ts";
import type { CascadeEvent } from "./cascade-events.ts";
import type { CascadeParts } from "./cascade-parts.ts";
import type { SourceAudit } from "./source-audit.ts";
import type { SourceRunner } from "./source-runner.ts";

/** How the emitted frames of a source were answered. */
export function sourceAnswers(
  cascade: CascadeParts | null,
  { index, emitted }: SourceRunner,
): AnswerCounts {
  const counts = cascade?.answers.counts[index];
  if (counts === undefined) return { inferred: emitted, reused: 0, specialized: 0 };
  return {
    inferred: counts.inferred,
    reused: counts.skipped + counts.unchanged + counts.empty,
    specialized: counts.specialized,
  };
}

/** What of a run says when and where things happened. */
interface Run {
  readonly sources: readonly SourceRunner[];
  readonly startedMs: number;
}

/** What the cascade did, all sources together; audits and what followed from them for each. */
export function cascadeReport(parts: CascadeParts, run: Run): CascadeReport {
  const { cascade, answers, audits, auditShare, keeper } = parts;
  const sum = (key: keyof LevelCounts): number =>
    answers.counts.reduce((total, count) => total + count[key], 0);
  const levels: CascadeLevelCounts = {
    skipped: sum("skipped"),
    unchanged: sum("unchanged"),
    empty: sum("empty"),
    specialized: sum("specialized"),
    inferred: sum("inferred"),
  };
  const { classes, confidence, region } = cascade.question;
  const nameOf = (source: number): string => run.sources[source]?.source.name ?? "";
  return {
    file: cascade.name,
    question: { classes, confidence, region },
    present: sum("present"),
    levels,
    audit_share: auditShare,
    audits: audits.map((audit, source) => auditReportOf(nameOf(source), audit)),
    events: keeper.events.map((event) => eventReport(nameOf(event.source), event, run.startedMs)),
  };
}

function auditReportOf(
  source: string,
  { audit, audited, skipped }: SourceAudit,
): CascadeAuditReport {
  const { falseNegatives, falsePositives, errorRate, tests } = audit.report;
  return {
    source,
    audited,
    skipped,
    false_negatives: rateReport(falseNegatives, tests.falseNegatives !== null),
    false_positives: rateReport(falsePositives, tests.falsePositives !== null),
    error_rate: rateReport(errorRate, tests.errorRate !== null),
  };
}

function rateReport(
  { rate, low, high, audited, errors }: RateEstimate,
  watched: boolean,
): CascadeRateReport {
  return { rate: round(rate), low: round(low), high: round(high), audited, errors, watched };
}

function eventReport(
  source: string,
  { kind, text, atMs, from }: CascadeEvent,
  startedMs: number,
): CascadeEventReport {
  return {
    source,
    kind,
    at_s: Math.round(Math.max(0, atMs - startedMs)) / 1000,
    frame: from.frame,
    time_ms: from.timeMs === null ? null : Math.round(1000 * from.timeMs) / 1000,
    text,
  };
}

/** Rates of a hundredth of a percent count. */
function round(rate: number): number {
  return Math.round(rate * 1e6) / 1e6;
}
