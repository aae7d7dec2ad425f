import { scaleLinear } from "d3-scale";
import type { Calibration, Candidate, Interval } from "../schedule/calibration.ts";

/** What is drawn of a candidate. */
interface Point {
  readonly instances: number;
  readonly throughputFps: Interval;
  readonly latencyMs: Interval;
}

interface Series {
  /** `cpu:threads=1`, or `cpu + gpu`. */
  readonly name: string;
  /** Of one device, not of several together. */
  readonly isAlone: boolean;
  readonly points: readonly Point[];
}

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly value: (point: Point) => Interval;
  /** What it would be without contention, from the point of fewest instances. */
  readonly ideal: (first: Point, instances: number) => number;
}

const WIDTH = 780;
const PANEL_HEIGHT = 250;
const GAP = 58;
const MARGIN = { left: 64, right: 270, top: 44, bottom: 46 };
const HEIGHT = MARGIN.top + 2 * PANEL_HEIGHT + GAP + MARGIN.bottom;
const RIGHT = WIDTH - MARGIN.right;
const TICK_COUNT = 5;
const LEGEND_STEP = 18;
/** From the panels to the text of the legend. */
const LEGEND_INDENT = 28;
/** Of a letter of the legend, generously. */
const LETTER_WIDTH = 6.8;
/** Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind people too. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

const PANELS: readonly Panel[] = [
  {
    title: "throughput, frames/s",
    top: MARGIN.top,
    value: ({ throughputFps }) => throughputFps,
    ideal: (first, instances) => (first.throughputFps.mean * instances) / first.instances,
  },
  {
    title: "latency of a frame (median), ms",
    top: MARGIN.top + PANEL_HEIGHT + GAP,
    value: ({ latencyMs }) => latencyMs,
    ideal: (first) => first.latencyMs.mean,
  },
];

/**
 * Throughput and latency against the number of instances, a line for each device and one for
 * devices together, with 95 % confidence intervals. Thin dashed lines show what there would be of a
 * device if its instances did not contend: k times the throughput, the same latency.
 *
 * @returns an SVG document
 */
export function plotCalibration(calibration: Calibration): string {
  const series = seriesOf(calibration.candidates);
  const { cpu, cores, model_sha256: hash, input_size: size } = calibration.key;
  const model = hash === null ? "" : `, input ${size}`;
  const decoding =
    calibration.decode === null ? "" : `, beside decoding ${calibration.decode.source}`;
  const isSimulated = calibration.candidates.some(({ instances }) =>
    instances.some(({ kind }) => kind === "sim"),
  );
  const simulated = isSimulated ? ", simulated devices" : "";
  const title = `${cpu}, ${cores} cores${model}${decoding}${simulated}`;
  const longest = Math.max(...series.map(({ name }) => name.length));
  const width = Math.max(WIDTH, Math.ceil(RIGHT + LEGEND_INDENT + LETTER_WIDTH * longest));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" ` +
      'font-family="system-ui, sans-serif" font-size="12">',
    `<rect width="${width}" height="${HEIGHT}" fill="white"/>`,
    text(title, MARGIN.left, 22, 'font-size="14" font-weight="600"'),
    ...PANELS.flatMap((panel) => drawPanel(panel, series)),
    ...series.flatMap(({ name }, index) => drawLegend(name, index)),
    text("instances at once", (MARGIN.left + RIGHT) / 2, HEIGHT - 10, 'text-anchor="middle"'),
    "</svg>",
    "",
  ].join("\n");
}

/** One line for each device and its options, and one for each set of devices together. */
export function seriesOf(candidates: readonly Candidate[]): readonly Series[] {
  const byName = Map.groupBy(candidates, ({ devices }) =>
    devices.replaceAll(/:replicas=\d+/g, "").replaceAll(",", " + "),
  );
  return [...byName].map(([name, members]) => ({
    name,
    isAlone: !name.includes(" + "),
    points: members
      .map((candidate) => ({
        instances: candidate.instances.length,
        throughputFps: candidate.throughput_fps,
        latencyMs: candidate.latency_ms.interval,
      }))
      .sort((a, b) => a.instances - b.instances),
  }));
}

function drawPanel(panel: Panel, series: readonly Series[]): string[] {
  const { top, title, value } = panel;
  const points = series.flatMap((one) => one.points);
  const most = Math.max(1, ...points.map(({ instances }) => instances));
  const highest = Math.max(...points.map((point) => value(point).high));
  const x = scaleLinear([0.5, most + 0.5], [MARGIN.left, RIGHT]);
  const y = scaleLinear([0, highest], [top + PANEL_HEIGHT, top]).nice(TICK_COUNT);
  const grid = y
    .ticks(TICK_COUNT)
    .flatMap((tick) => [
      `<line x1="${MARGIN.left}" x2="${RIGHT}" y1="${n(y(tick))}" y2="${n(y(tick))}" stroke="#ddd"/>`,
      text(String(tick), MARGIN.left - 8, y(tick) + 4, 'text-anchor="end" fill="#555"'),
    ]);
  const counts = Array.from({ length: most }, (_, index) => index + 1);
  const labels = counts.map((count) =>
    text(String(count), x(count), top + PANEL_HEIGHT + 18, 'text-anchor="middle" fill="#555"'),
  );
  const lines = series.flatMap((one, index) => {
    const color = colorOf(index);
    const at = (point: Point): string => `${n(x(point.instances))},${n(y(value(point).mean))}`;
    return [
      // Unequal devices together have no such line: each adds what is its own.
      one.isAlone ? drawIdeal(panel, one, { x, y, color }) : "",
      `<polyline points="${one.points.map(at).join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...one.points.flatMap((point) => {
        const { mean, low, high } = value(point);
        const [cx, cy] = [n(x(point.instances)), n(y(mean))];
        return [
          `<line x1="${cx}" x2="${cx}" y1="${n(y(low))}" y2="${n(y(high))}" stroke="${color}"/>`,
          `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${color}"/>`,
        ];
      }),
    ];
  });
  return [text(title, MARGIN.left, top - 8, ""), ...grid, ...labels, ...lines];
}

interface IdealOptions {
  readonly x: (value: number) => number;
  readonly y: { (value: number): number; readonly domain: () => number[] };
  readonly color: string;
}

/** The line without contention, as far as it stays within the panel. */
function drawIdeal({ ideal }: Panel, { points }: Series, options: IdealOptions): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || first === last) return "";
  const { x, y, color } = options;
  const highest = y.domain()[1] ?? 0;
  const slope =
    (ideal(first, last.instances) - ideal(first, first.instances)) /
    (last.instances - first.instances);
  const start = ideal(first, first.instances);
  const end =
    slope > 0
      ? Math.min(last.instances, first.instances + (highest - start) / slope)
      : last.instances;
  return (
    `<line x1="${n(x(first.instances))}" y1="${n(y(start))}" x2="${n(x(end))}" ` +
    `y2="${n(y(ideal(first, end)))}" stroke="${color}" stroke-dasharray="3 3" opacity="0.6"/>`
  );
}

function drawLegend(name: string, index: number): string[] {
  const y = MARGIN.top + 8 + LEGEND_STEP * index;
  return [
    `<circle cx="${RIGHT + 18}" cy="${y - 4}" r="4" fill="${colorOf(index)}"/>`,
    text(name, RIGHT + LEGEND_INDENT, y, ""),
  ];
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] as string;
}

function text(content: string, x: number, y: number, attributes: string): string {
  return `<text x="${n(x)}" y="${n(y)}" ${attributes}>${Bun.escapeHTML(content)}</text>`;
}

/** A coordinate, to a tenth of a pixel. */
function n(value: number): string {
  return value.toFixed(1);
}
