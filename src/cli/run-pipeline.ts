import manifest from "../../package.json" with { type: "json" };
import type { RunConfig } from "../config/run-config.ts";
import { auditReport, type Report } from "../metrics/report.ts";
import { formatReport } from "../metrics/table.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { ProgressSink } from "../sink/progress.ts";
import { ExitCode } from "./exit-code.ts";
import { formatHeader, NAME_WIDTH } from "./header.ts";

/**
 * Runs a pipeline for people: header, progress and notes on stderr, then the report as a table.
 * The first SIGINT or SIGTERM ends the sources, what is under way is finished and written; the
 * second one ends the process at once.
 *
 * @returns the exit code
 * @throws {AipError} where the run cannot start
 */
export async function runPipeline(config: RunConfig): Promise<number> {
  const progress = config.quiet ? null : new ProgressSink();
  const pipeline = new Pipeline({ ...config, sinks: progress === null ? [] : [progress] });
  const say = (text: string): void => {
    if (progress === null) process.stderr.write(`${text}\n`);
    else progress.print(text);
  };
  const told = new Set<string>();
  pipeline.events.once("prepared", (info) => {
    if (progress !== null) progress.frameCount = info.frameCount;
    say(formatHeader(manifest.version, info));
  });
  pipeline.events.on("note", (text) => {
    told.add(text);
    say(`${"note".padEnd(NAME_WIDTH)}${text}`);
  });
  using signals = onSignals((name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    say(`${name}: finishing what is under way; once more ends at once`);
    pipeline.stop();
  });
  const report = await pipeline.run();
  process.stderr.write(
    `\n${formatReport(untold(report, told), {
      color: process.stderr.isTTY && !process.env["NO_COLOR"],
      columns: Math.min(process.stderr.columns ?? COLUMNS_DEFAULT, COLUMNS_MAX),
    })}`,
  );
  if (pipeline.error !== null) {
    process.stderr.write(`aip: ${pipeline.error.message}\n`);
    return ExitCode.failed;
  }
  const faults = auditReport(report);
  for (const fault of faults) process.stderr.write(`aip: the report does not add up: ${fault}\n`);
  if (faults.length > 0) return ExitCode.failed;
  return signals.count > 0 ? ExitCode.interrupted : ExitCode.done;
}

/** The report without the notes that were printed as they came. */
function untold(report: Report, told: ReadonlySet<string>): Report {
  return { ...report, notes: report.notes.filter((note) => !told.has(note)) };
}

const COLUMNS_DEFAULT = 100;
const COLUMNS_MAX = 120;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Listens for signals until disposed; `count` says how many came. */
function onSignals(
  listener: (name: string, count: number) => void,
): Disposable & { readonly count: number } {
  let count = 0;
  const handle = (name: NodeJS.Signals): void => {
    count += 1;
    listener(name, count);
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    get count(): number {
      return count;
    },
    [Symbol.dispose](): void {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}
