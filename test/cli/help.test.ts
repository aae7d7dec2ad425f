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
    const text = await renderHelp(command, false);
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
