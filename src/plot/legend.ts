import type { Series } from "./figure.ts";
import { n, text } from "./svg.ts";

const STEP = 20;
const SWATCH_WIDTH = 18;
/** Widest glyphs of common fonts, on average, at 12 pixels. */
const CHARACTER_WIDTH = 7;

/** A name beside its line. */
export interface LegendEntry {
  readonly name: string;
  readonly isReference: boolean;
  /** Points that no line joins. */
  readonly isPoints: boolean;
  /** A line that goes straight up. */
  readonly isUpright: boolean;
}

export interface LegendPlace {
  readonly x: number;
  readonly y: number;
  readonly colors: ReadonlyMap<string, string>;
}

/** One entry a name. A reference has one of its own where no other line has its name. */
export function entriesOf(series: readonly Series[]): readonly LegendEntry[] {
  const names = [...new Set(series.map(({ name }) => name))];
  return names.map((name) => {
    const own = series.filter((one) => one.name === name);
    const isReference = own.every(({ look }) => look === "reference");
    const isStraightUp = ({ points }: Series): boolean =>
      points.length > 1 && points.every(({ x }) => x === points[0]?.x);
    return {
      ...{ name, isReference },
      isPoints: own.every(({ look }) => look === "points"),
      isUpright: isReference && own.every(isStraightUp),
    };
  });
}

/** Room for the longest name. */
export function legendWidth(entries: readonly LegendEntry[]): number {
  const longest = Math.max(0, ...entries.map(({ name }) => Bun.stringWidth(name)));
  return SWATCH_WIDTH + 8 + CHARACTER_WIDTH * longest + 10;
}

export function drawLegend(entries: readonly LegendEntry[], place: LegendPlace): string[] {
  return entries.flatMap((entry, index) => {
    const y = place.y + 8 + STEP * index;
    const color = place.colors.get(entry.name) as string;
    return [
      drawSwatch(entry, place.x, y - 4, color),
      text(entry.name, place.x + SWATCH_WIDTH + 8, y),
    ];
  });
}

/** What stands for a name, as it looks in the panels; `y` is its middle. */
function drawSwatch(entry: LegendEntry, x: number, y: number, color: string): string {
  const { isReference, isPoints, isUpright } = entry;
  const middle = n(x + SWATCH_WIDTH / 2);
  if (isPoints) return `<circle cx="${middle}" cy="${n(y)}" r="5" fill="${color}"/>`;
  const ends = isUpright
    ? `x1="${middle}" x2="${middle}" y1="${n(y - 8)}" y2="${n(y + 8)}"`
    : `x1="${n(x)}" x2="${n(x + SWATCH_WIDTH)}" y1="${n(y)}" y2="${n(y)}"`;
  const dashes = isReference ? ' stroke-dasharray="4 3"' : "";
  return `<line ${ends} stroke="${color}" stroke-width="${isReference ? 1.5 : 3}"${dashes}/>`;
}
