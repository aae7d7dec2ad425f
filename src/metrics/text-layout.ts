/**
 * Breaks text at blanks where a line would be wider than `width`; words are never cut. A no-break
 * space holds words together, and is a plain blank in what comes out.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const [, gap = "", word = ""] of text.matchAll(/([^\S\u00a0]*)((?:\S|\u00a0)+)/g)) {
    if (line !== "" && Bun.stringWidth(line + gap + word) > width) {
      lines.push(line);
      line = word;
    } else {
      line += line === "" ? word : gap + word;
    }
  }
  return [...lines, line].map((each) => each.replaceAll("\u00a0", " "));
}

/** Fills up with blanks to `width` terminal cells; wide characters count as two. */
export function padCellsEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
}

/** As `padCellsEnd`, with the blanks before the text. */
export function padCellsStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - Bun.stringWidth(text))) + text;
}
