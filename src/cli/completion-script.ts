import type { Command } from "./command.ts";
import { flagNames } from "./flags.ts";

export type Shell = "bash" | "zsh" | "fish";

/** One command as a shell sees it: the words that lead to it, and what may follow. */
interface Entry {
  /** `"run"`, `"models inspect"`; empty for the root. */
  readonly path: string;
  readonly subCommands: readonly Command[];
  readonly flags: readonly Flag[];
}

interface Flag {
  readonly name: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Values to offer; none means files. */
  readonly values: readonly string[];
}

/**
 * A completion script made from the commands' definitions. It is static, so that pressing TAB
 * starts no process; operands and values without a list of their own complete to files.
 */
export function completionScript(root: Command, shell: Shell): string {
  const entries = collect(root, "");
  switch (shell) {
    case "bash":
      return bashScript(entries);
    case "zsh":
      return zshScript(entries);
    case "fish":
      return fishScript(entries);
  }
}

function collect(command: Command, path: string): Entry[] {
  const subCommands = Object.values(command.subCommands ?? {});
  const flags = flagNames(command).map((name) => ({
    name,
    description: command.args?.[name]?.description ?? "",
    takesValue: command.args?.[name]?.type !== "boolean",
    values: command.completions?.[name] ?? [],
  }));
  const help = { name: "help", description: "Show the help", takesValue: false, values: [] };
  const entry = { path, subCommands, flags: [...flags, help] };
  return [
    entry,
    ...subCommands.flatMap((sub) => collect(sub, `${path} ${lastWord(sub)}`.trimStart())),
  ];
}

/** `"inspect"` of `"aip models inspect"`. */
function lastWord(command: Command): string {
  const { name } = command.meta;
  return name.slice(name.lastIndexOf(" ") + 1);
}

/** Shell code that leaves in `at` the command words typed so far. */
function pathLoop(entries: readonly Entry[], words: string): string {
  const paths = entries.map(({ path }) => path).filter((path) => path !== "");
  const known = paths.map((path) => `"${path}"`).join("|");
  return [
    `  local at="" candidate word`,
    `  for word in ${words}; do`,
    `    candidate="\${at:+$at }$word"`,
    `    case "$candidate" in ${known}) at="$candidate" ;; esac`,
    "  done",
  ].join("\n");
}

function bashScript(entries: readonly Entry[]): string {
  const values = entries.flatMap(({ path, flags }) =>
    flags
      .filter((flag) => flag.values.length > 0)
      .map(
        (flag) =>
          `    "${path} --${flag.name}") ` +
          `COMPREPLY=($(compgen -W "${flag.values.join(" ")}" -- "$current")); return ;;`,
      ),
  );
  const words = entries.map(({ path, subCommands, flags }) => {
    const names = [...subCommands.map(lastWord), ...flags.map((flag) => `--${flag.name}`)];
    return `    "${path}") words="${names.join(" ")}" ;;`;
  });
  return `# bash completion for aip
_aip() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" words=""
${pathLoop(entries, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
  case "$at $previous" in
${values.join("\n")}
  esac
  case "$at" in
${words.join("\n")}
  esac
  if [[ "$current" == -* || "$words" != -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -F _aip aip
`;
}

function zshScript(entries: readonly Entry[]): string {
  const cases = entries.map(({ path, subCommands, flags }) => {
    const operands = subCommands.length === 0 ? ["      '*:file:_files'"] : [];
    const specs = [...flags.map((flag) => `      ${zshFlag(flag)}`), ...operands];
    const commands = subCommands.map((sub) =>
      zshQuote(`${lastWord(sub)}:${zshEscape(sub.meta.description)}`),
    );
    const describe =
      commands.length === 0
        ? ""
        : `      commands=(${commands.join(" ")})\n      _describe command commands\n`;
    return `    "${path}")\n${describe}      _arguments \\\n${specs.join(" \\\n")} ;;`;
  });
  return `#compdef aip
_aip() {
  local -a commands
${pathLoop(entries, `"\${(@)words[2,CURRENT-1]}"`)}
  case "$at" in
${cases.join("\n")}
  esac
}
compdef _aip aip
`;
}

/** `'--device[description]:device:(cpu gpu)'`. */
function zshFlag(flag: Flag): string {
  const list = flag.values.map((value) => value.replaceAll(":", "\\:")).join(" ");
  const action = flag.values.length > 0 ? `(${list})` : "_files";
  const value = flag.takesValue ? `:${flag.name}:${action}` : "";
  return zshQuote(`--${flag.name}[${zshEscape(flag.description)}]${value}`);
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function zshEscape(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}

function fishScript(entries: readonly Entry[]): string {
  const quote = (text: string): string =>
    `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = entries.flatMap(({ path, subCommands, flags }) => {
    const condition = quote(fishCondition(path, subCommands));
    const commands = subCommands.map(
      (sub) =>
        `complete -c aip -f -n ${condition} -a ${lastWord(sub)} -d ${quote(sub.meta.description)}`,
    );
    const options = flags.map((flag) => {
      const list = flag.values.length > 0 ? ` -x -a ${quote(flag.values.join(" "))}` : " -r";
      const value = flag.takesValue ? list : "";
      const description = quote(flag.description);
      return `complete -c aip -n ${condition} -l ${flag.name} -d ${description}${value}`;
    });
    return [...commands, ...options];
  });
  return `# fish completion for aip\n${lines.join("\n")}\n`;
}

function fishCondition(path: string, subCommands: readonly Command[]): string {
  if (path === "") return "__fish_use_subcommand";
  const seen = path
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
  if (subCommands.length === 0) return seen;
  return `${seen}; and not __fish_seen_subcommand_from ${subCommands.map(lastWord).join(" ")}`;
}
