import { expect, test } from "bun:test";
import { stripVTControlCharacters } from "node:util";
import { aip } from "../../src/cli/aip.ts";
import type { Command } from "../../src/cli/command.ts";
import { flagNames } from "../../src/cli/flags.ts";
import { renderHelp } from "../../src/cli/help.ts";

/** Every command, the root first. */
function all(command: Command): Command[] {
  return [command, ...Object.values(command.subCommands ?? {}).flatMap(all)];
}

test("renderHelp() shows every flag and every example of every command", async () => {
  for (const command of all(aip)) {
    // Wrapped lines are put together again.
    const text = (await renderHelp(command, false)).replace(/\n {20,}/g, " ");
    for (const name of [...flagNames(command), "help"]) expect(text).toContain(`--${name}`);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) expect(text).toContain(line);
  }
});

test("renderHelp() says where several operands are taken, and who tells the version", async () => {
  const run = aip.subCommands?.["run"] as Command;
  expect(await renderHelp(run, false)).toContain("USAGE aip run [OPTIONS] [SOURCE…]\n");
  expect(await renderHelp(run, false)).not.toContain("--version");
  expect(await renderHelp(aip, false)).toContain("--version");
});

test("renderHelp() is the same without escapes where there is no terminal", async () => {
  const plain = await renderHelp(aip, false);
  expect(plain).not.toContain("\u001b");
  expect(stripVTControlCharacters(await renderHelp(aip, true))).toBe(plain);
});

test("renderHelp() leaves no blanks at the ends of lines", async () => {
  for (const command of all(aip)) {
    expect(
      (await renderHelp(command, false)).split("\n").filter((line) => / $/.test(line)),
    ).toEqual([]);
  }
});

test("renderHelp() has names on the left of their column, and lines as wide as asked", async () => {
  for (const command of all(aip)) {
    for (const color of [false, true]) {
      for (const columns of [80, 100, 240]) {
        const lines = stripVTControlCharacters(await renderHelp(command, color, columns))
          // A long name is not cut: examples are to be copied.
          .split(/\n+EXAMPLES\n+/, 1)[0]
          ?.split("\n") as string[];
        for (const line of lines.filter((each) => each.startsWith(" "))) {
          expect(line.length).toBeLessThanOrEqual(Math.min(columns, 100));
        }
        const options = lines.filter((line) => /^ *-/.test(line));
        expect(options.length).toBeGreaterThan(0);
        for (const option of options) expect(option).toMatch(/^ {2}-/);
        const places = options.map((option) => option.search(/(?<=\S {2,})\S/));
        expect(new Set(places).size).toBe(1);
      }
    }
  }
});

test("renderHelp() wraps a description below itself", async () => {
  const run = aip.subCommands?.["run"] as Command;
  const text = await renderHelp(run, false, 80);
  // The column is as wide as the longest flag; a wrapped line begins where the first one did.
  const [, before = "", indent = ""] =
    /^( {2}--supervise +)Run in a process of its own; .*\n( +)\S/m.exec(text) ?? [];
  expect(indent.length).toBe(before.length);
  expect(indent.length).toBeGreaterThan(0);
});

test("renderHelp() of aip cascade breaks no line on a terminal of 80 or 100 columns", async () => {
  const command = aip.subCommands?.["cascade"];
  if (command === undefined) throw new Error("there is no such command");
  for (const columns of [80, 100]) {
    const lines = (await renderHelp(command, false, columns)).split("\n");
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(80);
    const isWhole = (name: string, text: string): boolean =>
      lines.some((line) => line.startsWith(`  ${name}`) && line.endsWith(`  ${text}`));
    for (const [name, { meta: own }] of Object.entries(command.subCommands ?? {})) {
      expect(isWhole(name, own.description)).toBe(true);
    }
    for (const [line, does] of command.examples) expect(isWhole(line, does)).toBe(true);
  }
});
