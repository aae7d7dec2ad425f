/** Size of a glyph in dots, without the dot between two of them. */
export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;

/** Rows of each glyph from the top, `#` for a dot: what times are written with. */
const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  "0": [" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "],
  "1": ["  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "],
  "2": [" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"],
  "3": [" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "],
  "4": ["   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "],
  "5": ["#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "],
  "6": [" ### ", "#    ", "#    ", "#### ", "#   #", "#   #", " ### "],
  "7": ["#####", "    #", "   # ", "  #  ", "  #  ", "  #  ", "  #  "],
  "8": [" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "],
  "9": [" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "],
  ":": ["     ", "  #  ", "  #  ", "     ", "  #  ", "  #  ", "     "],
  ".": ["     ", "     ", "     ", "     ", "     ", "  #  ", "  #  "],
  "-": ["     ", "     ", "     ", " ### ", "     ", "     ", "     "],
  " ": ["     ", "     ", "     ", "     ", "     ", "     ", "     "],
};

/** An RGB picture: u8 [height, width, 3], row-major. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/**
 * Writes digits, colons, points, dashes and blanks in white; dots beyond the picture are left out.
 *
 * @param x left edge of the text in pixels
 * @param y top edge
 * @param scale pixels a dot is wide and high
 * @throws {RangeError} for a character that has no glyph
 */
export function writeDigits(
  picture: RgbPicture,
  text: string,
  { x, y, scale }: { readonly x: number; readonly y: number; readonly scale: number },
): void {
  for (const [index, character] of [...text].entries()) {
    const glyph = GLYPHS[character];
    if (glyph === undefined) throw new RangeError(`no glyph for "${character}"`);
    const left = x + index * (GLYPH_WIDTH + 1) * scale;
    for (let row = 0; row < GLYPH_HEIGHT * scale; row += 1) {
      const dots = glyph[Math.floor(row / scale)] as string;
      for (let column = 0; column < GLYPH_WIDTH * scale; column += 1) {
        if (dots[Math.floor(column / scale)] === "#") setWhite(picture, left + column, y + row);
      }
    }
  }
}

function setWhite({ width, height, pixels }: RgbPicture, x: number, y: number): void {
  if (x < 0 || x >= width || y < 0 || y >= height) return;
  const offset = 3 * (y * width + x);
  pixels.fill(255, offset, offset + 3);
}
