import { scaleLinear } from "d3-scale";
import type { Axis, Panel, Point, Series } from "./figure.ts";
import { FAINT, MUTED, n, text } from "./svg.ts";

const TICK_COUNT_X = 8;
const TICK_COUNT_Y = 5;

/** Where a panel is drawn, in pixels. */
export interface PanelArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly height: number;
}

export interface PanelOptions {
  readonly axis: Axis;
  readonly area: PanelArea;
  /** Colour of each name. */
  readonly colors: ReadonlyMap<string, string>;
  /** Number of the panel in its figure. */
  readonly index: number;
}

type Scale = (value: number) => number;

/** Title, grid, labels of both axes, and lines; what leaves the panel is cut off. */
export function drawPanel(panel: Panel, { axis, area, colors, index }: PanelOptions): string[] {
  const { left, right, top, height } = area;
  const bottom = top + height;
  const x = scaleLinear([...axis.domain], [left, right]);
  const y = scaleLinear([0, panel.yMax ?? highestOf(panel)], [bottom, top]);
  if (panel.yMax === undefined) y.nice(TICK_COUNT_Y);
  const grid = y
    .ticks(TICK_COUNT_Y)
    .flatMap((tick) => [
      `<line x1="${left}" x2="${right}" y1="${n(y(tick))}" y2="${n(y(tick))}" stroke="${FAINT}"/>`,
      text(String(tick), left - 8, y(tick) + 4, `text-anchor="end" fill="${MUTED}"`),
    ]);
  const labels = (axis.ticks ?? x.ticks(TICK_COUNT_X)).flatMap((tick) => [
    `<line x1="${n(x(tick))}" x2="${n(x(tick))}" y1="${bottom}" y2="${bottom + 4}" stroke="${MUTED}"/>`,
    text(String(tick), x(tick), bottom + 18, `text-anchor="middle" fill="${MUTED}"`),
  ]);
  const clip = `panel-${index}`;
  const references = panel.series.filter(isReference);
  const lines = panel.series.filter((one) => !isReference(one));
  return [
    text(panel.title, left, top - 9),
    ...grid,
    ...labels,
    `<clipPath id="${clip}"><rect x="${left}" y="${top - 4}" width="${right - left}" ` +
      `height="${height + 8}"/></clipPath>`,
    `<g clip-path="url(#${clip})">`,
    // The first line lies on top, references over all.
    ...[...references, ...lines].toReversed().flatMap((one) => drawSeries(one, x, y, colors)),
    "</g>",
  ];
}

/** References may lie outside: a bound far above what was reached would flatten everything else. */
function highestOf({ series }: Panel): number {
  const drawn = series.filter((one) => !isReference(one));
  return Math.max(
    0,
    ...drawn.flatMap(({ points }) => points.map(({ y, high }) => Math.max(y, high ?? y))),
  );
}

function drawSeries(series: Series, x: Scale, y: Scale, colors: PanelOptions["colors"]): string[] {
  const { name, points, look = "marked" } = series;
  const color = colors.get(name) as string;
  const at = (point: Point): string => `${n(x(point.x))},${n(y(point.y))}`;
  if (look === "points") return points.flatMap((point) => drawMark(point, x, y, color, 5));
  const style = look === "reference" ? 'stroke-dasharray="4 3" opacity="0.8"' : 'stroke-width="2"';
  const line =
    `<polyline points="${(look === "steps" ? stepsOf(points) : points).map(at).join(" ")}" fill="none" stroke="${color}" ${style} ` +
    'stroke-linejoin="round"/>';
  if (look !== "marked" && look !== "steps") return [line];
  return [line, ...points.flatMap((point) => drawMark(point, x, y, color))];
}

/** Each point, and before it the place below or above where the one before still holds. */
function stepsOf(points: readonly Point[]): Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    return before === undefined ? [point] : [{ x: point.x, y: before.y }, point];
  });
}

function drawMark(point: Point, x: Scale, y: Scale, color: string, radius = 3.5): string[] {
  const [cx, cy] = [n(x(point.x)), n(y(point.y))];
  const circle = `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${color}"/>`;
  const { low, high } = point;
  if (low === undefined || high === undefined) return [circle];
  const ends = `y1="${n(y(low))}" y2="${n(y(high))}"`;
  const interval = `<line x1="${cx}" x2="${cx}" ${ends} stroke="${color}"/>`;
  return [interval, circle];
}

function isReference({ look }: Series): boolean {
  return look === "reference";
}
