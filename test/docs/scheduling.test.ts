import { describe, expect, test } from "bun:test";
import { aip } from "../../src/cli/aip.ts";
import type { Command } from "../../src/cli/command.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { readSimulation } from "../../src/cli/simulation.ts";
import { compareSchedules, type ScheduleFigures } from "../../src/schedule/comparison.ts";
import { scheduleNames } from "../../src/schedule/schedule-spec.ts";
import { codeBlocks, codeSpans, readPage, section, tableRows } from "./markdown.ts";

/** A busy machine fails no test. */
const TIMEOUT_MS = 60_000;

const page = readPage("docs/scheduling.md");
const schedules = section(page, "## Schedules");

/** Every `aip simulate` line of a text, continued ones as one. */
function simulateLines(text: string): string[] {
  return codeBlocks(text)
    .filter(({ language }) => language === "")
    .flatMap((block) => block.text.replaceAll("\\\n", " ").split("\n"))
    .filter((line) => line.startsWith("aip simulate"));
}

async function simulated(line: string): Promise<readonly ScheduleFigures[]> {
  const words = line.split(/ +/).slice(2);
  const command = aip.subCommands?.["simulate"] as Command;
  return compareSchedules(await readSimulation(parseFlags(command, words)));
}

describe("docs/scheduling.md", () => {
  test("its table of schedules names those of the code", () => {
    const names = tableRows(schedules).flatMap(([cell = ""]) => codeSpans(cell));
    expect([...new Set(names)]).toEqual([...scheduleNames]);
  });

  test(
    "its figures are those of the commands below them",
    async () => {
      const lines = simulateLines(schedules);
      const columns = await Promise.all(lines.map(simulated));
      const rows = tableRows(schedules).filter((cells) => cells.length === 1 + columns.length);
      const figures = rows.filter((cells) => /^\d+ \(\d+\.\d\)$/.test(cells[1] ?? ""));
      expect(figures.map((cells) => cells.slice(1))).toEqual(
        scheduleNames.map((_, row) =>
          columns.map((column) => {
            const { p99Ms = 0, throughputFps = 0 } = column[row] ?? {};
            return `${p99Ms.toFixed(0)} (${throughputFps.toFixed(1)})`;
          }),
        ),
      );
    },
    TIMEOUT_MS,
  );

  test("weights of 7:3:1 give what it says", async () => {
    const [, schedule, fps] = /`--schedule (\S+)` .* answers ([\d.]+) of 80/.exec(schedules) ?? [];
    const [figures] = await simulated(
      `aip simulate --device sim:20ms,sim:50ms,sim:100ms --schedule ${schedule}`,
    );
    expect(figures?.throughputFps.toFixed(1)).toBe(fps as string);
  });

  test(
    "its table of a drifting device is that of the command above it",
    async () => {
      const drift = section(page, "## Following drift");
      const line = simulateLines(drift)[0] as string;
      const columns = (await simulated(line)).map(({ windowFps }) => windowFps);
      const rows = tableRows(drift).filter(([cell = ""]) => /^\d+ to \d+/.test(cell));
      expect(rows.length).toBeGreaterThanOrEqual(5);
      for (const [seconds = "", ...cells] of rows) {
        const [from = 0, to = 0] = seconds.match(/\d+/g)?.map(Number) ?? [];
        for (const [index, windows] of columns.entries()) {
          const between = windows.slice(from / 2, to / 2);
          const mean = between.reduce((sum, fps) => sum + fps, 0) / between.length;
          expect(`${seconds}: ${mean.toFixed(1)}`).toBe(`${seconds}: ${cells[index]}`);
        }
      }
    },
    TIMEOUT_MS,
  );
});
