import { formatMs, formatPercent, formatRate } from "../metrics/number-format.ts";
import { padCellsEnd, padCellsStart } from "../metrics/text-layout.ts";
import type { Verification } from "../planning/verification.ts";
import type { CapacityPlan } from "../schedule/capacity-plan.ts";
import { NAME_WIDTH } from "./header.ts";

/** A prediction further off than this is said to be. */
const DEVIATION_MAX = 0.1;
const OFF = "was the machine busy with other work, now or when its devices were measured?";

/**
 * Predicted beside measured:
 *
 * ```text
 * verified    60 s   predicted   measured   deviation
 * fps                     75.0       75.0       0.0 %
 * p95 ms                  35.0       36.1      +3.1 %
 * ```
 */
export function formatVerification(
  plan: CapacityPlan,
  measured: Verification,
  seconds: number,
): string {
  const rows = comparisonOf(plan, measured).map(({ name, predicted, measured, unit }) => [
    name,
    predicted === null ? "–" : unit(predicted),
    unit(measured),
    deviationText(predicted, measured),
  ]);
  const head = [`${seconds} s`, "predicted", "measured", "deviation"];
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((cells) => Bun.stringWidth(cells[column] ?? cell))),
  );
  const lines = [head, ...rows].map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? padCellsEnd(cell, widths[0] ?? 0) : padCellsStart(cell, widths[column] ?? 0),
      )
      .join("   "),
  );
  const verdict = measured.fault === null ? "held" : `did not hold: ${measured.fault}`;
  const isOff = comparisonOf(plan, measured).some(({ name, predicted, measured: value }) => {
    const counts = name === "frames a second" || name === "latency p95, ms";
    return counts && predicted !== null && Math.abs(value / predicted - 1) > DEVIATION_MAX;
  });
  return [
    ...lines.map((line, index) =>
      `${padCellsEnd(index === 0 ? "verified" : "", NAME_WIDTH)}${line}`.trimEnd(),
    ),
    "",
    verdict,
    ...(isOff
      ? [`the prediction was off by more than ${formatPercent(DEVIATION_MAX)}: ${OFF}`]
      : []),
  ].join("\n");
}

/** One figure as it was predicted and as it was measured. */
export interface Compared {
  readonly name: string;
  readonly predicted: number | null;
  readonly measured: number;
  readonly unit: (value: number) => string;
}

/** The figures of a plan beside those of its verification. */
export function comparisonOf(
  { expectation }: CapacityPlan,
  measured: Verification,
): readonly Compared[] {
  const { outcome } = expectation;
  const { latencyMs } = measured;
  const droppedRatio = measured.frames === 0 ? 0 : measured.dropped / measured.frames;
  return [
    {
      name: "frames a second",
      predicted: outcome?.throughputFps ?? null,
      measured: measured.throughputFps,
      unit: formatRate,
    },
    ...(["p50", "p95", "p99"] as const).map((name) => ({
      name: `latency ${name}, ms`,
      predicted: outcome?.latencyMs[name] ?? null,
      measured: latencyMs[name],
      unit: formatMs,
    })),
    {
      name: "frames dropped",
      predicted: outcome?.droppedRatio ?? null,
      measured: droppedRatio,
      unit: formatPercent,
    },
  ];
}

/** `+3.1 %`; nothing where there is nothing to compare with. */
function deviationText(predicted: number | null, measured: number): string {
  if (predicted === null || predicted === 0) return measured === predicted ? "0.0 %" : "–";
  const percent = 100 * (measured / predicted - 1);
  const sign = percent >= 0.05 ? "+" : "";
  return `${sign}${percent.toFixed(1)} %`.replace("-0.0", "0.0");
}
