import { stripVTControlCharacters } from "node:util";
import { renderUsage } from "citty";
import type { Command } from "./command.ts";

/** A command's help: citty's usage, then examples. Plain text unless `color`. */
export async function renderHelp(command: Command, color: boolean): Promise<string> {
  const usage = withOperands(await renderUsage(withOwnFlags(command)), command);
  const width = Math.max(0, ...command.examples.map(([line]) => line.length));
  const examples = command.examples.map(([line, does]) => `  ${line.padEnd(width)}   ${does}`);
  const heading = "\u001b[4m\u001b[1mEXAMPLES\u001b[22m\u001b[24m";
  const text = [usage, heading, "", ...examples, ""].join("\n");
  return (color ? text : stripVTControlCharacters(text)).replace(/ +$/gm, "");
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
