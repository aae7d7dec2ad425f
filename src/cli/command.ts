import type { ArgsDef, CommandDef } from "citty";

/** A command of `aip`: citty's definition, and examples for its help. */
export interface Command extends CommandDef {
  readonly meta: { readonly name: string; readonly description: string; readonly version?: string };
  readonly args?: ArgsDef;
  readonly subCommands?: Readonly<Record<string, Command>>;
  /** Command lines worth copying, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Flags that may be given several times; their values are joined by commas. */
  readonly repeatable?: readonly string[];
  /** Whether words that are no flags are taken, and what they are called. */
  readonly operands?: string;
  /** Values to offer for a flag in shell completion. */
  readonly completions?: Readonly<Record<string, readonly string[]>>;
  /** Does the work; returns the exit code. Modules it needs are imported here, on demand. */
  readonly execute?: (input: CommandInput) => Promise<number>;
}

/** What the user gave a command. */
export interface CommandInput {
  /** Values of flags by their names without dashes; flags not given are absent. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly operands: readonly string[];
}
