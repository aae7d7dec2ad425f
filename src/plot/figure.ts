import { drawLegend, entriesOf, legendWidth } from "./legend.ts";
import { drawPanel, type PanelArea } from "./panel.ts";
import { drawShareBar, SHARE_BAR_HEIGHT, type ShareBar } from "./share-bar.ts";
import { colorsOf, document, text } from "./svg.ts";

/** One value, with its interval where it has one. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** A line of a panel. */
export interface Series {
  /** Lines of one name have one colour, and one entry in the legend. */
  readonly name: string;
  readonly points: readonly Point[];
  /**
   * `marked` shows each point, `plain` only the line, and `reference` is thin and dashed: a bound
   * that others are compared with. Of a panel's values references alone may reach beyond it.
   * `points` are no line: there is nothing between them. `steps` hold until the next point.
   * Default `marked`.
   */
  readonly look?: "marked" | "plain" | "points" | "reference" | "steps";
}

export interface Panel {
  /** What its y axis shows, with the unit: `throughput, frames/s`. */
  readonly title: string;
  readonly series: readonly Series[];
  /** Where the y axis ends; lines leave the panel there. Default: the highest value. */
  readonly yMax?: number;
}

export interface Axis {
  /** What it shows, with the unit. */
  readonly title: string;
  readonly domain: readonly [number, number];
  /** Where it has labels. Default: round numbers. */
  readonly ticks?: readonly number[];
}

/** Panels above each other over one x axis, and a legend beside them. */
export interface Figure {
  readonly title: string;
  readonly x: Axis;
  readonly panels: readonly Panel[];
  /** Names that colours are given to first, in this order, so that figures agree. */
  readonly names?: readonly string[];
  /** Below the axis. */
  readonly shares?: ShareBar;
  /** Height of a panel in pixels. Default 250. */
  readonly panelHeight?: number;
}

const PLOT_WIDTH = 520;
const PANEL_HEIGHT = 250;
const GAP = 58;
const MARGIN = { left: 64, right: 18, top: 56, bottom: 52 };

/**
 * Draws lines over axes.
 *
 * @returns an SVG document, the same for the same figure
 *
 * @example
 * ```ts
 * drawFigure({
 *   title: "one device",
 *   x: { title: "seconds", domain: [0, 2] },
 *   panels: [{ title: "throughput, frames/s", series: [{ name: "cpu", points: [{ x: 1, y: 50 }] }]
 * }], });
 * ```
 */
export function drawFigure(figure: Figure): string {
  const { title, x, panels, shares, panelHeight = PANEL_HEIGHT } = figure;
  const series = panels.flatMap((panel) => panel.series);
  const colors = colorsOf(series, figure.names);
  const entries = entriesOf(series);
  const right = MARGIN.left + PLOT_WIDTH;
  const width = right + MARGIN.right + legendWidth(entries);
  const axisEnd =
    MARGIN.top + panels.length * panelHeight + (panels.length - 1) * GAP + MARGIN.bottom;
  const height = axisEnd + (shares === undefined ? 0 : SHARE_BAR_HEIGHT);
  const areas = panels.map(
    (_, index): PanelArea => ({
      left: MARGIN.left,
      right,
      top: MARGIN.top + index * (panelHeight + GAP),
      height: panelHeight,
    }),
  );
  return document({ title, width, height }, [
    text(title, MARGIN.left, 24, 'font-size="14" font-weight="600"'),
    ...panels.flatMap((panel, index) =>
      drawPanel(panel, { axis: x, area: areas[index] as PanelArea, colors, index }),
    ),
    ...drawLegend(entries, { x: right + MARGIN.right, y: MARGIN.top, colors }),
    text(x.title, (MARGIN.left + right) / 2, axisEnd - 12, 'text-anchor="middle"'),
    ...(shares === undefined
      ? []
      : drawShareBar(shares, { left: MARGIN.left, right, top: axisEnd + 12 })),
  ]);
}
