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
}

export interface LegendPlace {
  readonly x: number;
  readonly y: number;
  readonly colors: ReadonlyMap<string, string>;
}

/** One entry a name. A reference has one of its own where no other line has its name. */
export function entriesOf(series: readonly Series[]): readonly LegendEntry[] {
  const names = [...new Set(series.map(({ name }) => name))];
  return names.map((name) => ({
    name,
    isReference: series.every((one) => one.name !== name || one.look === "reference"),
  }));
}

/** Room for the longest name. */
export function legendWidth(entries: readonly LegendEntry[]): number {
  const longest = Math.max(0, ...entries.map(({ name }) => Bun.stringWidth(name)));
  return SWATCH_WIDTH + 8 + CHARACTER_WIDTH * longest + 10;
}

export function drawLegend(entries: readonly LegendEntry[], place: LegendPlace): string[] {
  return entries.flatMap(({ name, isReference }, index) => {
    const y = place.y + 8 + STEP * index;
    const dashes = isReference ? ' stroke-dasharray="4 3"' : "";
    const width = isReference ? 1.5 : 3;
    return [
      `<line x1="${n(place.x)}" x2="${n(place.x + SWATCH_WIDTH)}" y1="${n(y - 4)}" y2="${n(y - 4)}" ` +
        `stroke="${place.colors.get(name)}" stroke-width="${width}"${dashes}/>`,
      text(name, place.x + SWATCH_WIDTH + 8, y),
    ];
  });
}
