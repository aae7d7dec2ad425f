import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's folder. */
export const ROOT: string = join(import.meta.dir, "..", "..");

/** Every page people read, by its path below the root. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  ...[...new Bun.Glob("docs/*.md").scanSync({ cwd: ROOT })].sort(),
];

/** A fenced block: its language, what follows it on the fence's line, and its text. */
export interface CodeBlock {
  readonly language: string;
  readonly info: string;
  readonly text: string;
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** A page's fenced blocks, in order. */
export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(/^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", info = "", code = ""]) => ({ language, info, text: code }),
  );
}

/**
 * The text below a heading, up to the next one of its level or above; fails where it is missing.
 */
export function section(text: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = text.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`no heading "${heading}"`);
  const isEnd = (line: string): boolean => {
    const marks = /^(#+) /.exec(line)?.[1];
    return marks !== undefined && marks.length <= level;
  };
  const length = lines.slice(start + 1).findIndex(isEnd);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** Rows of a section's tables as cells without the pipes; heads and rules are left out. */
export function tableRows(text: string): string[][] {
  const rows = text
    .split("\n")
    .map((line, index, lines) => ({ line, next: lines[index + 1] ?? "" }))
    .filter(({ line, next }) => line.startsWith("|") && !isRule(line) && !isRule(next));
  return rows.map(({ line }) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
}

function isRule(line: string): boolean {
  return /^\|( ?-+ ?\|)+$/.test(line);
}

/** What stands between single back-ticks in a cell. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}

/** The anchor a heading gets: lower case, without punctuation, blanks as dashes (GitHub's rule). */
export function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
