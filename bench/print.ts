import type { Comparison, Ratio, Way } from "./benchmark.ts";
import { median } from "./comparison.ts";
import type { Machine } from "./machine.ts";

const NAME_WIDTH = 44;

/** The head of a report: the machine and the versions. */
export function formatMachine(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return (
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}\n` +
    `${versions.join("   ")}   load ${machine.load}\n`
  );
}

/**
 * One comparison as text.
 *
 * @example
 * ```text
 * 10 slots, without pixels   frames/s (higher is better)
 *   aip                    82,000   best 85,100
 *   seed protocol           7,100   best  7,300
 *   aip against seed protocol: 11.5 times (at least 3: yes)
 * ```
 */
export function formatComparison(comparison: Comparison): string {
  const { title, unit, better, ways, ratios, notes } = comparison;
  return [
    `${title}   ${unit} (${better} is better)`,
    ...ways.map((way) => formatWay(way, better)),
    ...ratios.map(formatRatio),
    ...notes.map((note) => `  ${note}`),
    "",
  ].join("\n");
}

function formatWay(way: Way, better: Comparison["better"]): string {
  const best = better === "higher" ? Math.max(...way.values) : Math.min(...way.values);
  const rounds = way.values.length > 1 ? `   best ${formatNumber(best)}` : "";
  return `  ${way.name.padEnd(NAME_WIDTH)} ${formatNumber(median(way.values)).padStart(12)}${rounds}`;
}

function formatRatio({ of, to, value, atLeast }: Ratio): string {
  const verdict = atLeast === undefined ? "" : `, ${value >= atLeast ? "≥" : "below"} ${atLeast}`;
  return `  ${of} against ${to}: ${value.toFixed(2)} times${verdict}`;
}

/** Four significant digits, with separators: `82,130`, `0.1962`. */
export function formatNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}
