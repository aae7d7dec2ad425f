import { AipError, usageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { aip } from "./aip.ts";
import type { Command } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { parseFlags } from "./flags.ts";
import { printOut } from "./print-out.ts";

/**
 * Runs one command line and returns its exit code. Errors become one sentence on stderr; their
 * stack is shown where `AIP_DEBUG=1`.
 *
 * @param root what the words are said to; default `aip`
 */
export async function runCommandLine(
  words: readonly string[],
  root: Command = aip,
): Promise<number> {
  try {
    return await dispatch(words, root);
  } catch (error) {
    return reportError(error);
  }
}

async function dispatch(words: readonly string[], root: Command): Promise<number> {
  const [first] = words;
  const { version } = root.meta;
  if (version !== undefined && (first === "--version" || first === "-v")) {
    printOut(`${version}\n`);
    return ExitCode.done;
  }
  if (first === "help") return dispatch([...words.slice(1), "--help"], root);
  const { command, rest } = findCommand(root, words);
  const flagWords = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (flagWords.includes("--help") || flagWords.includes("-h")) {
    printOut(await help(command, process.stdout));
    return ExitCode.done;
  }
  if (command.execute === undefined) {
    if (rest.length > 0) parseFlags(command, rest);
    process.stderr.write(await help(command, process.stderr));
    return ExitCode.usage;
  }
  return command.execute(parseFlags(command, rest));
}

/** Walks down the subcommands that the leading words name. */
function findCommand(
  root: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [word] = words;
  const { subCommands } = root;
  if (subCommands === undefined || word === undefined || word.startsWith("-")) {
    return { command: root, rest: words };
  }
  const next = Object.hasOwn(subCommands, word) ? subCommands[word] : undefined;
  if (next !== undefined) return findCommand(next, words.slice(1));
  const near = nearest(word, Object.keys(subCommands));
  const hint = near === undefined ? `: "${root.meta.name} --help" lists them` : "";
  throw usageError(
    "command-unknown",
    `Unknown command "${word}"${near === undefined ? hint : `; did you mean "${near}"?`}`,
  );
}

/** Help as the stream can show it. */
async function help(command: Command, stream: NodeJS.WriteStream): Promise<string> {
  const { renderHelp } = await import("./help.ts");
  return renderHelp(command, stream.isTTY === true, stream.columns);
}

/** Prints an error as one sentence; returns the exit code it stands for. */
function reportError(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof AipError;
  const prefix = known ? "" : "internal error: ";
  process.stderr.write(`aip: ${prefix}${message}\n`);
  if (process.env["AIP_DEBUG"] === "1" && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
    if (error.cause !== undefined) process.stderr.write(`caused by: ${String(error.cause)}\n`);
  } else if (!known) {
    process.stderr.write("aip: AIP_DEBUG=1 shows where\n");
  }
  if (known && error.code === "interrupted") return ExitCode.interrupted;
  return known && error.category === "usage" ? ExitCode.usage : ExitCode.failed;
}
