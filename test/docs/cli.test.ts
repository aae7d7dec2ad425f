import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coreMlOptionKeys } from "../../src/backend/coreml/options.ts";
import { deviceKinds, parseDevice } from "../../src/backend/device-spec.ts";
import { aip } from "../../src/cli/aip.ts";
import type { Command } from "../../src/cli/command.ts";
import { toConfigInput } from "../../src/cli/commands/run.ts";
import { ExitCode } from "../../src/cli/exit-code.ts";
import { flagNames, parseFlags } from "../../src/cli/flags.ts";
import { runDefaults, scheduleNames } from "../../src/config/run-config.ts";
import { checkRunConfig, runConfigKeys } from "../../src/config/schema.ts";
import { HEAD_TYPES } from "../../src/model/manifest.ts";
import { parseDemo } from "../../src/source/demo.ts";
import { codeBlocks, codeSpans, PAGES, ROOT, readPage, section, tableRows } from "./markdown.ts";

const page = readPage("docs/cli.md");

/** First code span of every row's first cell. */
const firsts = (text: string): string[] =>
  tableRows(text).flatMap(([cell = ""]) => codeSpans(cell).slice(0, 1));

/** Every command that does something, with its full name. */
function commands(command: Command): Command[] {
  const own = command.execute === undefined ? [] : [command];
  return [...own, ...Object.values(command.subCommands ?? {}).flatMap(commands)];
}

/** Flags as the page should write them: `--fps N`, `--quiet`. */
function flagsOf(command: Command): string[] {
  return flagNames(command).map((name) => {
    const hint = command.args?.[name]?.valueHint;
    return hint === undefined ? `--${name}` : `--${name} ${hint}`;
  });
}

describe("docs/cli.md", () => {
  test.each(commands(aip).map((command) => [command.meta.name, command] as const))(
    "%s: its flags are those of the code",
    (name, command) => {
      const documented = firsts(section(page, `## ${name}`)).filter((flag) => flag.startsWith("-"));
      expect(documented.sort()).toEqual([...flagsOf(command)].sort());
    },
  );

  test("defaults of run are those of the code", () => {
    const rows = tableRows(section(page, "## aip run"));
    const defaultOf = (flag: string): string | undefined => {
      const row = rows.find(([cell = ""]) => cell.startsWith(`\`--${flag} `));
      return codeSpans(row?.[1] ?? "")[0];
    };
    expect(defaultOf("model")).toBe(runDefaults.model);
    expect(defaultOf("device")).toBe(runDefaults.devices.join(","));
    expect(defaultOf("schedule")).toBe(runDefaults.schedule);
    expect(defaultOf("hwaccel")).toBe(runDefaults.hwaccel);
  });

  test("schedules, drop policies and configuration keys are those of the code", () => {
    expect(firsts(section(page, "## Schedules")).sort()).toEqual([...scheduleNames].sort());
    expect(firsts(section(page, "## Configuration")).sort()).toEqual([...runConfigKeys].sort());
    const policies = firsts(section(page, "## Dropping"));
    expect(policies).toHaveLength(3);
    for (const drop of policies) expect(() => checkRunConfig({ drop })).not.toThrow();
  });

  test("exit codes are those of the code", () => {
    const documented = tableRows(section(page, "## Exit codes")).map(([code]) => Number(code));
    expect(documented.sort()).toEqual(Object.values(ExitCode).sort());
  });

  test("environment variables are those the sources read", () => {
    const read = new Set<string>();
    for (const path of new Bun.Glob("src/**/*.ts").scanSync({ cwd: ROOT })) {
      const text = readFileSync(join(ROOT, path), "utf8");
      for (const match of text.matchAll(/process\.env(?:\.|\[")(\w+)/g)) {
        if (match[1] !== "PATH") read.add(match[1] as string);
      }
    }
    expect(firsts(section(page, "## Environment")).sort()).toEqual([...read].sort());
  });
});

describe("docs/cli.md devices", () => {
  const devices = section(page, "## Devices");
  const kinds = tableRows(devices).flatMap(([cell = "", , options = ""]) =>
    codeSpans(cell)
      .filter((kind) => /^[a-z]+$/.test(kind))
      .map((kind) => ({ kind, options: codeSpans(options) })),
  );
  const values: Readonly<Record<string, string>> = {
    "slow-at": "10x2",
    "stall-at": "10x5ms",
    model: "x.onnx",
    cv: "0.3",
    fail: "0.5",
    "fast-prediction": "yes",
    "low-precision": "yes",
    reshape: "frequent",
  };

  test("built-in kinds are all there", () => {
    const named = ["cuda", "tensorrt", "openvino"];
    const builtIn = deviceKinds.slice(0, deviceKinds.indexOf("all") + 1);
    expect(
      kinds
        .map(({ kind }) => kind)
        .filter((kind) => !named.includes(kind))
        .sort(),
    ).toEqual([...builtIn].sort());
    for (const kind of named) expect(deviceKinds).toContain(kind);
  });

  test("a kind's options are those of the code", () => {
    for (const { kind, options } of kinds) {
      const base = kind === "sim" ? "sim:20ms" : kind;
      for (const option of options.filter((word) => word !== "20ms")) {
        expect(parseDevice(`${base}:${option}=${values[option] ?? "1"}`).kind).toBe(kind);
      }
      // The refusal of an unknown option lists the ones there are.
      const known = /\(known: (.*)\)/.exec(messageOf(`${base}:nonsense-option=1`))?.[1];
      if (known === undefined) continue;
      expect(options.filter((word) => word !== "20ms")).toEqual(known.split(", "));
    }
  });

  test("options of sim are explained one by one", () => {
    const sim = kinds.find(({ kind }) => kind === "sim")?.options ?? [];
    const common = ["replicas", "weight"];
    const others = [...deviceKinds, "threads", ...coreMlOptionKeys];
    const explained = tableRows(devices)
      .map(([cell = ""]) => codeSpans(cell)[0]?.split("=")[0] ?? "")
      .filter((option) => option !== "" && !others.includes(option));
    const own = sim.filter((option) => !common.includes(option));
    expect(explained.sort()).toEqual([...common, ...own].sort());
  });

  function messageOf(device: string): string {
    try {
      parseDevice(device);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  }
});

test("docs/sources.md: the demo's options are those of the code", () => {
  const rows = section(readPage("docs/sources.md"), "## The demo scene");
  const documented = firsts(rows).map((option) => option.split("=")[0] as string);
  let message = "";
  try {
    parseDemo("demo:nonsense-option=1");
  } catch (error) {
    message = (error as Error).message;
  }
  const known = /\(known: (.*)\)/.exec(message)?.[1]?.split(", ") ?? [];
  expect(documented.sort()).toEqual(known.sort());
});

test("docs/models.md: heads are those of the code", () => {
  const documented = firsts(section(readPage("docs/models.md"), "## Heads"));
  expect(documented.sort()).toEqual([...HEAD_TYPES].sort());
});

const lines = PAGES.flatMap((path) =>
  codeBlocks(readPage(path))
    .filter(({ language }) => language === "" || language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.replace(/^\$ /, ""))
    .filter((line) => /^(bun x )?aip run /.test(line) && !line.includes("["))
    .map((line) => [path, line] as const),
);

test.each(lines)("%s: `%s` is a command line that aip takes", (_, line) => {
  const words = line
    .replace(/^bun x /, "")
    .split(" ")
    .slice(2);
  const run = aip.subCommands?.["run"] as Command;
  const plain = words.map((word) => word.replaceAll('"', ""));
  expect(() => checkRunConfig(toConfigInput(parseFlags(run, plain)))).not.toThrow();
});
