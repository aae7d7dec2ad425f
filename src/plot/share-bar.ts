import { MUTED, n, paletteColor, text } from "./svg.ts";

/** What a bar adds to a figure's height, in pixels. */
export const SHARE_BAR_HEIGHT = 74;
const BAR = 16;
const SQUARE = 10;
/** Of the palette: none of a figure's first lines has these. */
const COLORS = [4, 2, 5, 3] as const;

/** A bar whose parts are shares of one whole. */
export interface ShareBar {
  /** What the whole is. */
  readonly title: string;
  readonly parts: readonly { readonly name: string; readonly share: number }[];
}

/** A stacked bar with its title above, and its parts' names and shares below. */
export function drawShareBar(
  { title, parts }: ShareBar,
  { left, right, top }: { readonly left: number; readonly right: number; readonly top: number },
): string[] {
  const width = right - left;
  const entryWidth = width / parts.length;
  let from = left;
  const bars: string[] = [];
  const names: string[] = [];
  for (const [index, { name, share }] of parts.entries()) {
    const fill = paletteColor(COLORS[index % COLORS.length] as number);
    const x = left + index * entryWidth;
    bars.push(rect(from, top + 12, share * width, BAR, fill));
    names.push(
      rect(x, top + 38, SQUARE, SQUARE, fill),
      text(`${name} ${percent(share)}`, x + SQUARE + 6, top + 47, `fill="${MUTED}"`),
    );
    from += share * width;
  }
  return [text(title, left, top + 4), ...bars, ...names];
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  const size = `width="${n(width)}" height="${n(height)}"`;
  return `<rect x="${n(x)}" y="${n(y)}" ${size} fill="${fill}"/>`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
