import { cascadeRows } from "./cascade-rows.ts";
import { describeDrift } from "./drift-text.ts";
import {
  formatCount,
  formatCountOf,
  formatMs,
  formatPercent,
  formatRate,
  formatScore,
  formatSeconds,
  formatShares,
} from "./number-format.ts";
import {
  type AnswerCounts,
  auditReport,
  type DeviceReport,
  type FrameCounts,
  type Report,
  type SourceReport,
  type WeightedReport,
} from "./report.ts";
import { padCellsEnd, padCellsStart, wrapText } from "./text-layout.ts";

const COLUMNS = 80;
/** Width of the names on the left. */
const NAME_WIDTH = 12;
/** Changes of speed the table shows; the file has all of them. */
const DRIFT_ROWS_MAX = 8;

export interface TableOptions {
  /** Emphasises with terminal escapes. Default false. */
  readonly color?: boolean;
  /** Width to keep to where words allow. Default 80. */
  readonly columns?: number;
}

/**
 * The report as the table at the end of a run: lines without trailing blanks, ended by a line feed.
 *
 * @example
 * ```text
 * frames      600 received = 600 emitted (600 inferred) + 0 dropped + 0 failed,
 *             all in order
 * throughput  96.2 fps over 6.2 s
 * ```
 */
export function formatReport(report: Report, options: TableOptions = {}): string {
  const { color = false, columns = COLUMNS } = options;
  const rows = [
    ...endRows(report),
    ...framesRows(report),
    ...cascadeRows(report).map((text, index) => row(index === 0 ? "cascade" : "", text)),
    ...speedRows(report),
    ...deviceRows(report),
    ...stageRows(report),
    ...weightedRows(report.weighted),
    ...accuracyRows(report),
    ...faultRows(report),
    ...driftRows(report),
    ...report.notes.map((note) => row("note", note)),
    ...(report.outputs.length === 0 ? [] : [row("saved", report.outputs.join(", "))]),
  ];
  return rows.map((each) => layOut(each, columns, color)).join("");
}

/** A name on the left, and what it has to say; a table's lines are not wrapped. */
interface Row {
  readonly name: string;
  readonly text: string;
  readonly tone: "plain" | "good" | "bad" | "table";
}

function row(name: string, text: string, tone: Row["tone"] = "plain"): Row {
  return { name, text, tone };
}

function endRows({ end, error }: Report): Row[] {
  if (end === "complete") return [];
  const said = error === null ? "" : `: ${error}`;
  return [row(end, `the run ${end === "failed" ? "broke off" : "was interrupted"}${said}`, "bad")];
}

function framesRows(report: Report): Row[] {
  const faults = auditReport(report);
  const order = report.in_order ? "all in order" : "NOT IN ORDER";
  const tone = report.in_order && faults.length === 0 ? "plain" : "bad";
  const [only, ...others] = report.sources;
  const spread = only === undefined || others.length > 0 ? "" : gaps(only);
  const said = `${equation(report.frames, report.answers)}${spread}, ${order}`;
  const rows = [row("frames", said, tone)];
  if (report.sources.length > 1) {
    for (const source of report.sources) {
      const text = `${source.name}: ${equation(source.frames, source.answers)}${gaps(source)}`;
      rows.push(row("", text));
    }
  }
  for (const fault of faults) rows.push(row("WRONG", `does not add up: ${fault}`, "bad"));
  return rows;
}

/** How evenly what is missing of a source is spread, where frames were dropped. */
function gaps({ frames, sharing }: SourceReport): string {
  if (frames.dropped === 0) return "";
  const { mean, max } = sharing.gap_frames;
  const late = sharing.late === 0 ? "" : `${formatCount(sharing.late)} late, `;
  return `; ${late}one in ${mean.toFixed(1)} answered, largest gap ${formatCount(max)}`;
}

function equation(frames: FrameCounts, answers: AnswerCounts): string {
  const left = frames.emitted + frames.dropped + frames.failed;
  const how = Object.entries(answers)
    .filter(([name, count]) => count > 0 || name === "inferred")
    .map(([name, count]) => `${formatCount(count)} ${name}`)
    .join(", ");
  return (
    `${formatCount(frames.received)} received ${left === frames.received ? "=" : "≠"} ` +
    `${formatCount(frames.emitted)} emitted (${how}) + ` +
    `${formatCount(frames.dropped)} dropped + ${formatCount(frames.failed)} failed`
  );
}

function speedRows(report: Report): Row[] {
  const { p50, p90, p99 } = report.in_order_latency_ms;
  const isAnswered = report.frames.emitted > 0;
  const waits = report.sources.reduce((sum, source) => sum + source.buffer_full_waits, 0);
  return [
    row(
      "throughput",
      `${formatRate(report.throughput_fps)} fps over ${formatSeconds(report.wall_s)}   ` +
        `buffer-full waits ${formatCount(waits)}`,
    ),
    row(
      "latency",
      isAnswered
        ? `in order   p50 ${formatMs(p50)} ms   p90 ${formatMs(p90)} ms   p99 ${formatMs(p99)} ms`
        : "no frame was answered",
    ),
  ];
}

function deviceRows({ devices }: Report): Row[] {
  const hasCalls = devices.some(({ frames_per_call: count }) => count !== undefined);
  const head = ["frames", "share", ...(hasCalls ? ["a call"] : []), "busy", "latency mean", "p99"];
  // Frames that were audited among them: `answers` has those that were asked for.
  const frames = devices.map((device) => device.frames);
  const answered = frames.reduce((sum, each) => sum + each, 0);
  const shares = formatShares(frames, answered);
  const lines = devices.map((device, index) => deviceCells(device, shares[index] ?? "", hasCalls));
  return tableRows(
    "device",
    head,
    devices.map(({ id }) => id),
    lines,
  );
}

function deviceCells(device: DeviceReport, share: string, hasCalls: boolean): string[] {
  const latency = (ms: number): string => (device.frames === 0 ? "–" : `${formatMs(ms)} ms`);
  return [
    formatCount(device.frames),
    share,
    ...(hasCalls ? [formatRate(device.frames_per_call ?? 1)] : []),
    formatPercent(device.busy_ratio),
    latency(device.latency_ms.mean),
    latency(device.latency_ms.p99),
  ];
}

function stageRows({ stages_ms, frames }: Report): Row[] {
  if (frames.emitted === 0) return [];
  const names: Record<keyof typeof stages_ms, string> = {
    decode: "decode",
    queue: "queue",
    preprocess: "pre",
    inference: "inference",
    postprocess: "post",
    reorder: "reorder",
  };
  const parts = Object.entries(names).map(
    ([key, name]) => `${name}\u00a0${formatMs(stages_ms[key as keyof typeof stages_ms])}`,
  );
  return [row("stage p50", `${parts.join("   ")}\u00a0ms`)];
}

function weightedRows(weighted: WeightedReport | undefined): Row[] {
  if (weighted === undefined) return [];
  const head = ["weight", "frames", "mean latency"];
  const ids = weighted.backends.map(({ id }) => id);
  const lines = weighted.backends.map((backend) => [
    formatRate(backend.weight),
    formatCount(backend.frames),
    `${formatMs(backend.latency_ms_mean)} ms`,
  ]);
  return [
    row(
      "weighted",
      `generated ${formatCount(weighted.generated)}   assigned ${formatCount(weighted.assigned)}   ` +
        `processed ${formatCount(weighted.processed)}   ordered ${formatCount(weighted.ordered)}   ` +
        `buffer-full waits ${formatCount(weighted.buffer_full_waits)}   ` +
        `overall ${formatRate(weighted.overall_fps)} fps`,
    ),
    ...tableRows("backend", head, ids, lines),
  ];
}

function accuracyRows({ accuracy }: Report): Row[] {
  if (accuracy === undefined) return [];
  const classes = accuracy.classes.map(({ label, ap50 }) => `${label} ${formatScore(ap50)}`);
  const text = `mAP@0.5 ${formatScore(accuracy.map50)} against the ground truth`;
  const each = classes.length < 2 ? "" : ` (${classes.join(", ")})`;
  return [row("accuracy", `${text}${each}`, "good")];
}

function faultRows({ faults }: Report): Row[] {
  const rows: Row[] = [];
  if (faults.restarts > 0 || faults.retries > 0) {
    const retried = `${formatCountOf(faults.retries, "frame")} retried`;
    const text = `${retried}, ${formatCountOf(faults.restarts, "restart")}`;
    rows.push(row("faults", text, "bad"));
  }
  for (const { id, reason } of faults.devices_out) {
    rows.push(row("taken out", `${id}: ${reason}`, "bad"));
  }
  return rows;
}

function driftRows({ drift }: Report): Row[] {
  const devices = [...Map.groupBy(drift, ({ device }) => device)];
  const rows = devices
    .slice(0, DRIFT_ROWS_MAX)
    .map(([device, changes]) => row("drift", driftOf(device, changes)));
  const more = devices.length - rows.length;
  return more === 0 ? rows : [...rows, row("", `and ${formatCountOf(more, "device")} more`)];
}

/** The changes of one device in a line: each was told when it came, and stands in the report. */
function driftOf(device: string, changes: Report["drift"]): string {
  const last = changes.at(-1);
  if (last === undefined) return device;
  if (changes.length === 1) return describeDrift(last);
  const times = changes.flatMap(({ from_ms, to_ms }) => [from_ms, to_ms]);
  const range = `${formatMs(Math.min(...times))} and ${formatMs(Math.max(...times))} ms`;
  return (
    `${device} changed its speed ${changes.length} times, between ${range}; ` +
    `the last, ${formatMs(last.to_ms)} ms, since ${last.since_s.toFixed(1)} s`
  );
}

/** A table: names to the left, cells to the right, every column as wide as its widest cell. */
function tableRows(
  name: string,
  head: readonly string[],
  ids: readonly string[],
  lines: readonly (readonly string[])[],
): Row[] {
  if (ids.length === 0) return [];
  const nameWidth = Math.max(NAME_WIDTH, ...ids.map((id) => Bun.stringWidth(id) + 2));
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...lines].map((line) => Bun.stringWidth(line[column] ?? cell))),
  );
  const format = (id: string, cells: readonly string[]): Row => {
    const padded = cells.map((cell, column) => padCellsStart(cell, widths[column] ?? 0));
    return row("", `${padCellsEnd(id, nameWidth)}${padded.join("   ")}`, "table");
  };
  return [format(name, head), ...ids.map((id, index) => format(id, lines[index] ?? []))];
}

function layOut({ name, text, tone }: Row, columns: number, color: boolean): string {
  if (tone === "table") return `${text}\n`;
  const paint = (part: string): string => (color ? `${PAINT[tone]}${part}${RESET}` : part);
  const lines = wrapText(text, columns - NAME_WIDTH);
  return lines
    .map((line, index) => `${padCellsEnd(index === 0 ? name : "", NAME_WIDTH)}${paint(line)}\n`)
    .join("");
}

const RESET = "\u001b[0m";
const PAINT = { plain: "", good: "\u001b[32m", bad: "\u001b[1;31m" } as const;
