import { stripVTControlCharacters } from "node:util";
import { renderUsage } from "citty";
import type { Command } from "./command.ts";

/** A command's help: citty's usage, then examples. Plain text unless `color`. */
export async function renderHelp(command: Command, color: boolean): Promise<string> {
  const usage = await renderUsage(command);
  const width = Math.max(0, ...command.examples.map(([line]) => line.length));
  const examples = command.examples.map(([line, does]) => `  ${line.padEnd(width)}   ${does}`);
  const heading = "\u001b[4m\u001b[1mEXAMPLES\u001b[22m\u001b[24m";
  const text = [usage, heading, "", ...examples, ""].join("\n");
  return (color ? text : stripVTControlCharacters(text)).replace(/ +$/gm, "");
}
