import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare, median } from "./comparison.ts";

const ROUNDS = 30;
const QUICK_ROUNDS = 5;
/** What `aip --help` may take beyond an empty program, in ms. */
const EXTRA_MS_MAX = 60;

const HELP = "aip --help";
const EMPTY = "Bun with an empty program";

/** How long the command line takes to say anything. */
export const help: Benchmark = {
  name: "help",
  summary: "start-up of aip --help, against Bun with an empty program",
  run,
};

async function run({ quick }: BenchmarkOptions): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  const empty = join(folder, "empty.ts");
  writeFileSync(empty, "");
  const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
  try {
    const ways = await alternate(
      {
        [EMPTY]: () => startUp([process.execPath, empty]),
        [HELP]: () => startUp([process.execPath, main, "--help"]),
      },
      quick ? QUICK_ROUNDS : ROUNDS,
    );
    const [before, after] = ways.map((way) => way.values) as [number[], number[]];
    const extra = after.map((value, round) => value - (before[round] as number));
    const extraMs = median(extra);
    return [
      compare({
        title: "start to end of the process",
        unit: "ms",
        better: "lower",
        ways,
        claims: [{ of: HELP, to: EMPTY }],
        notes: [`${HELP} takes ${extraMs.toFixed(1)} ms more; at most ${EXTRA_MS_MAX} are allowed`],
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startUp(command: string[]): Promise<number> {
  const start = performance.now();
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  const status = await child.exited;
  if (status !== 0) throw new Error(`"${command.join(" ")}" ended with ${status}`);
  return performance.now() - start;
}
