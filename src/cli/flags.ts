import { type AipError, usageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Command, CommandInput } from "./command.ts";

/**
 * Parses what follows a command, strictly: citty itself takes unknown flags without a word and
 * keeps only the last of a repeated one.
 *
 * `--flag value` and `--flag=value` are the same; values may begin with one dash (`-`, `-1`).
 * `--no-flag` turns a boolean off. After `--` everything is an operand.
 *
 * @throws {AipError} `flag-unknown` with the nearest known flag, `flag-invalid`, `operand-unknown`
 */
export function parseFlags(command: Command, words: readonly string[]): CommandInput {
  const flags: Record<string, string | boolean> = {};
  const operands: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === "--") {
      operands.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const { name, type, negated, value: attached } = lookUp(command, word);
    if (type === "boolean") {
      if (attached !== undefined) throw invalid(`Flag --${name} takes no value`);
      flags[name] = !negated;
      continue;
    }
    const value = attached ?? words[++index];
    if (value === undefined || (attached === undefined && value.startsWith("--"))) {
      throw invalid(`Flag --${name} needs a value: --${name} ${hintOf(command, name)}`);
    }
    const earlier = flags[name];
    const joins = earlier !== undefined && command.repeatable?.includes(name);
    flags[name] = joins ? `${earlier},${value}` : value;
  }
  if (operands.length > 0 && command.operands === undefined) {
    throw usageError("operand-unknown", `Unexpected "${operands[0]}": ${usage(command)}`);
  }
  return { flags, operands };
}

interface Flag {
  readonly name: string;
  readonly type: string;
  readonly negated: boolean;
  /** What follows `=` in the same word. */
  readonly value: string | undefined;
}

function lookUp(command: Command, word: string): Flag {
  const equals = word.indexOf("=");
  const given = equals < 0 ? word : word.slice(0, equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const definitions = command.args ?? {};
  for (const [name, definition] of Object.entries(definitions)) {
    const type = definition.type ?? "boolean";
    if (type === "positional") continue;
    if (given === `--${name}`) return { name, type, negated: false, value };
    if (type === "boolean" && given === `--no-${name}`) return { name, type, negated: true, value };
  }
  throw usageError("flag-unknown", unknownFlag(command, given));
}

function unknownFlag(command: Command, given: string): string {
  const known = [...flagNames(command).map((name) => `--${name}`), "--help"];
  const near = nearest(given, known);
  if (near !== undefined) return `Unknown flag "${given}"; did you mean "${near}"?`;
  return `Unknown flag "${given}": "${command.meta.name} --help" lists the flags`;
}

/** Names of a command's flags, without dashes. */
export function flagNames(command: Command): readonly string[] {
  return Object.entries(command.args ?? {})
    .filter(([, definition]) => definition.type !== "positional")
    .map(([name]) => name);
}

function hintOf(command: Command, name: string): string {
  return command.args?.[name]?.valueHint ?? "VALUE";
}

function usage(command: Command): string {
  return `"${command.meta.name} --help" says what it takes`;
}

function invalid(message: string): AipError {
  return usageError("flag-invalid", message);
}
