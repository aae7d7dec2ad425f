import type { AnswerCounts, CascadeLevelCounts, CascadeReport } from "../metrics/report.ts";
import type { LevelCounts } from "./cascade-answers.ts";
import type { RunCascade } from "./run-cascade.ts";
import type { SourceRunner } from "./source-runner.ts";

/** What a run knows of its cascade. */
export interface CascadeFigures {
  readonly cascade: RunCascade;
  /** Per source. */
  readonly counts: readonly LevelCounts[];
}

/** How the emitted frames of a source were answered. */
export function sourceAnswers(
  figures: CascadeFigures | null,
  { index, emitted }: SourceRunner,
): AnswerCounts {
  const counts = figures?.counts[index];
  if (counts === undefined) return { inferred: emitted, reused: 0, specialized: 0 };
  return {
    inferred: counts.inferred,
    reused: counts.skipped + counts.unchanged + counts.empty,
    specialized: counts.specialized,
  };
}

/** What the cascade did, all sources together. */
export function cascadeReport({ cascade, counts }: CascadeFigures): CascadeReport {
  const sum = (key: keyof LevelCounts): number =>
    counts.reduce((total, count) => total + count[key], 0);
  const levels: CascadeLevelCounts = {
    skipped: sum("skipped"),
    unchanged: sum("unchanged"),
    empty: sum("empty"),
    specialized: sum("specialized"),
    inferred: sum("inferred"),
  };
  const { classes, confidence, region } = cascade.question;
  return {
    file: cascade.name,
    question: { classes, confidence, region },
    present: sum("present"),
    levels,
  };
}
