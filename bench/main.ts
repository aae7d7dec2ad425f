/**
 * Runs benchmarks: every one against named baselines, in turns, in the same run.
 *
 *     bun run bench [name…] [--quick] [--json]
 *
 * Absolute times mean little on a shared machine; the ratios are the result.
 */
import { parseArgs } from "node:util";
import { AipError } from "../src/errors.ts";
import { suggestion } from "../src/nearest.ts";
import { batch } from "./batch.ts";
import type { Benchmark, Comparison } from "./benchmark.ts";
import { bgra } from "./bgra.ts";
import { calibrate } from "./calibrate.ts";
import { capacity } from "./capacity.ts";
import { cascade } from "./cascade.ts";
import { cascadeBounds } from "./cascade-bounds.ts";
import { cascadeEarly } from "./cascade-early.ts";
import { cascadeSeed } from "./cascade-seed.ts";
import { coreml } from "./coreml.ts";
import { demo } from "./demo.ts";
import { dispatch } from "./dispatch.ts";
import { estimate } from "./estimate.ts";
import { fullrun } from "./fullrun.ts";
import { help } from "./help.ts";
import { ingest } from "./ingest.ts";
import { describeMachine } from "./machine.ts";
import { postprocess } from "./postprocess.ts";
import { preprocess } from "./preprocess.ts";
import { formatComparison, formatMachine } from "./print.ts";
import { ring } from "./ring.ts";
import { schedule } from "./schedule.ts";
import { sources } from "./sources.ts";
import { start } from "./start.ts";
import { trace } from "./trace.ts";
import { training } from "./training.ts";

const BENCHMARKS: readonly Benchmark[] = [
  ring,
  dispatch,
  schedule,
  batch,
  estimate,
  calibrate,
  start,
  sources,
  capacity,
  preprocess,
  bgra,
  coreml,
  postprocess,
  demo,
  cascadeEarly,
  help,
  ingest,
  fullrun,
  trace,
  cascadeBounds,
  cascadeSeed,
  training,
  cascade,
];

function usage(): string {
  const names = BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`);
  return `usage: bun run bench [name…] [--quick] [--json]\n\n${names.join("\n")}\n`;
}

/** @throws {TypeError} for a name that is none */
function select(names: readonly string[]): readonly Benchmark[] {
  if (names.length === 0) return BENCHMARKS;
  return names.map((name) => {
    const found = BENCHMARKS.find((benchmark) => benchmark.name === name);
    if (found !== undefined) return found;
    const known = BENCHMARKS.map((benchmark) => benchmark.name);
    throw new TypeError(`Unknown benchmark "${name}"${suggestion(name, known)}`);
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage());
    return 0;
  }
  const selected = select(positionals);
  const machine = describeMachine();
  const print = (text: string): void => {
    if (!values.json) process.stdout.write(text);
  };
  print(formatMachine(machine));
  const results: Record<string, readonly Comparison[]> = {};
  for (const benchmark of selected) {
    print(`\n${benchmark.name}: ${benchmark.summary}\n\n`);
    const progress = (text: string): void => {
      process.stderr.write(`${benchmark.name}: ${text}\n`);
    };
    const comparisons = await benchmark.run({ quick: values.quick, progress });
    for (const comparison of comparisons) print(`${formatComparison(comparison)}\n`);
    results[benchmark.name] = comparisons;
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, quick: values.quick, results }, null, 2)}\n`);
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AipError || error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
