import { stripVTControlCharacters } from "node:util";
import { renderUsage } from "citty";
import { padCellsEnd, wrapText } from "../metrics/text-layout.ts";
import type { Command } from "./command.ts";

const COLUMNS_MAX = 100;
/** Descriptions are not squeezed further: a terminal narrower than that wraps by itself. */
const DESCRIPTION_COLUMNS_MIN = 30;
const GAP = "  ";
/** A row as citty lays it out: names on the right of their column, four blanks, a description. */
const BLANKS = 2 + 4;
const ROW = /^ {2} *(\S.*?) {4}(\S.*)$/;

/**
 * A command's help: citty's usage, then examples. Plain text unless `color`.
 *
 * @param columns Width of the terminal; lines are wrapped there, and at 100 at the latest
 */
export async function renderHelp(
  command: Command,
  color: boolean,
  columns: number = COLUMNS_MAX,
): Promise<string> {
  const width = Math.min(columns, COLUMNS_MAX);
  const usage = withOperands(await renderUsage(withOwnFlags(command)), command);
  const usageLines = usage
    .trimEnd()
    .split("\n")
    .flatMap((line) => alignLeft(line, width));
  const exampleWidth = Math.max(0, ...command.examples.map(([line]) => line.length));
  const examples = command.examples.flatMap(([line, does]) =>
    row(line.padEnd(exampleWidth), does, width),
  );
  const heading = "\u001b[4m\u001b[1mEXAMPLES\u001b[22m\u001b[24m";
  const text = [...usageLines, "", heading, "", ...examples, ""].join("\n");
  return (color ? text : stripVTControlCharacters(text)).replace(/ +$/gm, "");
}

/** A line of citty's, with its name on the left of the column. */
function alignLeft(line: string, width: number): string[] {
  const [, name, description] = ROW.exec(line) ?? [];
  if (name === undefined || description === undefined) return [line];
  const nameWidth = Bun.stringWidth(line) - Bun.stringWidth(description) - BLANKS;
  return row(padCellsEnd(name, nameWidth), description, width);
}

/** A name and its description, which goes on below itself. */
function row(name: string, description: string, width: number): string[] {
  const indent = Bun.stringWidth(name) + 2 * GAP.length;
  const lines = wrapText(description, Math.max(DESCRIPTION_COLUMNS_MIN, width - indent));
  return lines.map((line, index) =>
    index === 0 ? `${GAP}${name}${GAP}${line}` : " ".repeat(indent) + line,
  );
}

/** The flags that every command takes before it looks at its own. */
function withOwnFlags(command: Command): Command {
  const { args, meta } = command;
  const version = { type: "boolean", alias: "v", description: "Print the version" } as const;
  const help = { type: "boolean", alias: "h", description: "Print this help" } as const;
  return { ...command, args: { ...args, ...(meta.version !== undefined && { version }), help } };
}

/** citty knows one operand a name; what takes several is told by the ellipsis. */
function withOperands(usage: string, { operands }: Command): string {
  if (!operands?.endsWith("…")) return usage;
  const name = operands.slice(0, -1);
  return usage.replaceAll(`[${name}]`, `[${operands}]`);
}
