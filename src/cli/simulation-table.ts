import {
  formatCount,
  formatCountOf,
  formatMs,
  formatPercent,
  formatRate,
} from "../metrics/number-format.ts";
import { padCellsEnd, padCellsStart } from "../metrics/text-layout.ts";
import { type ScheduleFigures, throughputBound } from "../schedule/comparison.ts";
import type { Simulation } from "./simulation.ts";

const NAME_WIDTH = 12;
/** Width of times in seconds. */
const TIME_WIDTH = 9;
/** Columns that are shown whatever they hold; the others only where one cell is not 0. */
const ALWAYS = ["fps", "of bound", "p50", "p90", "p99 ms", "over seeds"];

/**
 * What `aip simulate` prints:
 *
 * ```text
 * simulated   3 devices: 20 ms cv 0.3, 50 ms cv 0.3, 100 ms cv 0.3; at most 80.0 fps
 * load        1 source, saturated, 10 slots, 20,000 frames, median of 5 seeds
 *
 * schedule      fps   of bound      p50     p90     p99 ms   over seeds
 * look-ahead   79.7       99 %      123     145        186      183–190
 * ```
 */
export function formatSimulation(
  simulation: Simulation,
  figures: readonly ScheduleFigures[],
): string {
  const rows = figures.map((row) => cells(simulation, row));
  const head = [...ALWAYS, "mean dropped", "mean failed", "fairness", "worst gap"];
  const used = head.map(
    (_, column) => column < ALWAYS.length || rows.some((row) => row[column] !== "0"),
  );
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((row) => Bun.stringWidth(row[column] ?? cell))),
  );
  const names = ["schedule", ...figures.map(({ schedule }) => schedule)];
  const nameWidth = Math.max(...names.map((name) => Bun.stringWidth(name)));
  const line = (name: string, row: readonly string[]): string => {
    const padded = row.flatMap((cell, column) =>
      used[column] ? [padCellsStart(cell, widths[column] ?? 0)] : [],
    );
    return [padCellsEnd(name, nameWidth), ...padded].join("   ");
  };
  return [
    `${padCellsEnd("simulated", NAME_WIDTH)}${describeDevices(simulation)}`,
    `${padCellsEnd("load", NAME_WIDTH)}${describeLoad(simulation)}`,
    "",
    line("schedule", head),
    ...figures.map(({ schedule }, index) => line(schedule, rows[index] ?? [])),
    ...outLines(simulation, figures),
    ...windowLines(simulation, figures),
  ].join("\n");
}

/** Devices that were given up, and what therefore was not even taken from the sources. */
function outLines(
  { devices, sources, seedCount }: Simulation,
  figures: readonly ScheduleFigures[],
): string[] {
  const total = sources.reduce((sum, { frames }) => sum + frames, 0);
  const told = figures.flatMap(({ schedule, devicesOut, frames }) => {
    const names = devices.flatMap(({ id }, index) => {
      const count = devicesOut[index] ?? 0;
      if (count === 0) return [];
      return [count === seedCount ? id : `${id} with ${count} of ${seedCount} seeds`];
    });
    if (names.length === 0) return [];
    const untaken = total - frames.received;
    const isOver = devicesOut.every((count) => count === seedCount);
    const rest = isOver && untaken > 0 ? `; ${formatMeanCount(untaken)} frames never begun` : "";
    return [{ schedule, text: `${names.join(", ")}, lost too often${rest}` }];
  });
  if (told.length === 0) return [];
  const lines = [...Map.groupBy(told, ({ text }) => text)].map(([text, alike]) => {
    const whose =
      alike.length === figures.length ? "" : `${alike.map((one) => one.schedule).join(", ")}: `;
    return `${padCellsEnd("given up", NAME_WIDTH)}${whose}${text}`;
  });
  return ["", ...lines];
}

/** Frames a second over time, a schedule in each column. */
function windowLines({ windowMs }: Simulation, figures: readonly ScheduleFigures[]): string[] {
  if (windowMs === undefined) return [];
  const count = Math.max(0, ...figures.map(({ windowFps }) => windowFps.length));
  const widths = figures.map(({ schedule }) => Math.max(schedule.length, TIME_WIDTH));
  const line = (name: string, values: readonly string[]): string =>
    [
      padCellsStart(name, TIME_WIDTH),
      ...values.map((value, column) => padCellsStart(value, widths[column] ?? 0)),
    ].join("   ");
  const rows = Array.from({ length: count }, (_, window) =>
    line(
      `${(((window + 1) * windowMs) / 1000).toFixed(1)} s`,
      figures.map(({ windowFps }) => {
        const rate = windowFps[window];
        return rate === undefined ? "–" : formatRate(rate);
      }),
    ),
  );
  return [
    "",
    line(
      "fps until",
      figures.map(({ schedule }) => schedule),
    ),
    ...rows,
  ];
}

/** Frames a second that can be answered at most: by the devices, and by what arrives. */
function bound({ devices, sources, fps, load }: Simulation): number {
  const alike = fps === null ? Number.POSITIVE_INFINITY : fps * sources.length;
  const arriving = load?.offeredFps ?? alike;
  return Math.min(throughputBound(devices), arriving);
}

function cells(simulation: Simulation, figures: ScheduleFigures): string[] {
  const { throughputFps, p50Ms, p90Ms, p99Ms, p99RangeMs, frames } = figures;
  const boundFps = bound(simulation);
  const [lowest, highest] = p99RangeMs.map(formatMs);
  const hasBound = boundFps > 0 && Number.isFinite(boundFps);
  // Nothing was answered: there is no latency.
  const isMute = frames.emitted === 0;
  const latency = (ms: number): string => (isMute ? "–" : formatMs(ms));
  const range = lowest === highest ? "the same" : `${lowest}–${highest}`;
  return [
    Number.isFinite(throughputFps) ? formatRate(throughputFps) : "∞",
    hasBound ? formatPercent(throughputFps / boundFps) : "–",
    latency(p50Ms),
    latency(p90Ms),
    latency(p99Ms),
    isMute ? "–" : range,
    formatMeanCount(frames.dropped),
    formatMeanCount(frames.failed),
    simulation.sources.length > 1 ? figures.fairness.toFixed(3) : "0",
    frames.dropped > 0 ? figures.worstGap.toFixed(1) : "0",
  ];
}

function formatMeanCount(mean: number): string {
  return Number.isInteger(mean) ? formatCount(mean) : formatRate(mean);
}

function describeDevices({ devices }: Simulation): string {
  const texts = devices.map(({ serviceMs, cv, batch = 1 }) =>
    [
      `${serviceMs} ms`,
      ...(cv === 0 ? [] : [`cv ${cv}`]),
      ...(batch === 1 ? [] : [`batch ${batch}`]),
    ].join(" "),
  );
  const groups = [...Map.groupBy(texts, (text) => text)].map(([text, alike]) =>
    alike.length === 1 ? text : `${alike.length} × ${text}`,
  );
  const bound = throughputBound(devices);
  const most = Number.isFinite(bound) ? `; at most ${formatRate(bound)} fps` : "";
  return `${formatCountOf(devices.length, "device")}: ${groups.join(", ")}${most}`;
}

function describeLoad({ sources, fps, load, seedCount }: Simulation): string {
  const [source] = sources;
  const { slots = 0, frames = 0 } = source ?? {};
  const drop = sources.find((each) => each.drop !== "never")?.drop ?? "never";
  return [
    ...(load === null
      ? [
          formatCountOf(sources.length, "source"),
          fps === null ? "saturated" : `${formatRate(fps)} fps each`,
          `${slots} slots`,
          formatCountOf(frames, "frame"),
        ]
      : [load.text, `${slots} slots`]),
    ...(drop === "never" ? [] : [`drop ${drop}`]),
    seedCount === 1 ? "one seed" : `median of ${seedCount} seeds`,
  ].join(", ");
}

/** The same as JSON, for programs; keys in snake_case like every file aip writes. */
export function simulationToJson(
  simulation: Simulation,
  figures: readonly ScheduleFigures[],
): string {
  const { devices, sources, fps, load, seedCount, windowMs } = simulation;
  const boundFps = bound(simulation);
  return JSON.stringify(
    {
      devices: devices.map(({ id, serviceMs, cv, batch = 1 }) => ({
        id,
        service_ms: serviceMs,
        cv,
        batch,
      })),
      sources: sources.length,
      fps,
      ...(load !== null && { load: load.text }),
      slots: sources[0]?.slots,
      frames: sources[0]?.frames,
      seeds: seedCount,
      ...(windowMs !== undefined && { window_s: windowMs / 1000 }),
      bound_fps: Number.isFinite(boundFps) ? boundFps : null,
      schedules: figures.map((each) => ({
        schedule: each.schedule,
        throughput_fps: Number.isFinite(each.throughputFps) ? each.throughputFps : null,
        in_order_latency_ms: { p50: each.p50Ms, p90: each.p90Ms, p99: each.p99Ms },
        p99_range_ms: each.p99RangeMs,
        frames: each.frames,
        fairness: each.fairness,
        worst_gap: each.worstGap,
        busy_ratios: each.busyRatios,
        devices_out: each.devicesOut,
        ...(windowMs !== undefined && { window_fps: each.windowFps }),
      })),
    },
    null,
    2,
  );
}
