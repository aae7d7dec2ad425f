/** Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind people too. */
const PALETTE: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#e69f00",
  "#000000",
];
/** Colour of a bound that belongs to no line. */
const BOUND_COLOR = "#444444";
/** Grid and frame. */
export const FAINT = "#dddddd";
/** Labels of an axis. */
export const MUTED = "#555555";

export interface Size {
  readonly title: string;
  readonly width: number;
  readonly height: number;
}

/**
 * An SVG document. Its background is its own, so that it reads the same on light and dark pages.
 * @param lines elements, in drawing order
 */
export function document({ title, width, height }: Size, lines: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      `width="${width}" height="${height}" role="img" ` +
      'font-family="system-ui, sans-serif" font-size="12">',
    `<title>${Bun.escapeHTML(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

/**
 * A colour for each name, in the order of their first lines; bounds of their own stay grey.
 * @param names those that come first, whether or not they have a line
 */
export function colorsOf(
  series: readonly { readonly name: string; readonly look?: string }[],
  names: readonly string[] = [],
): ReadonlyMap<string, string> {
  const drawn = series.filter(({ look }) => look !== "reference").map(({ name }) => name);
  const colors = new Map(
    [...new Set([...names, ...drawn])].map((name, index) => [name, paletteColor(index)]),
  );
  for (const { name } of series) if (!colors.has(name)) colors.set(name, BOUND_COLOR);
  return colors;
}

/** Colour of the line of this index; the palette repeats. */
export function paletteColor(index: number): string {
  return PALETTE[index % PALETTE.length] as string;
}

export function text(content: string, x: number, y: number, attributes = ""): string {
  const more = attributes === "" ? "" : ` ${attributes}`;
  return `<text x="${n(x)}" y="${n(y)}"${more}>${Bun.escapeHTML(content)}</text>`;
}

/** A coordinate, to a tenth of a pixel. */
export function n(value: number): string {
  return value.toFixed(1);
}
