import manifest from "../../package.json" with { type: "json" };
import type { RunConfig } from "../config/run-config.ts";
import { retrain } from "../learning/retrain.ts";
import { auditReport, type Report } from "../metrics/report.ts";
import { formatReport } from "../metrics/table.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { ProgressSink } from "../sink/progress.ts";
import { ExitCode } from "./exit-code.ts";
import { formatHeader, NAME_WIDTH } from "./header.ts";
import { onSignals } from "./signals.ts";
import { onSupervisorLost, supervisedCrashes } from "./supervised.ts";

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
  const crashes = supervisedCrashes();
  const pipeline = new Pipeline({
    ...config,
    ...(config.cascade !== undefined && config.retrain === "auto" && { retrainer: retrain }),
    crashes,
    sinks: progress === null ? [] : [progress],
  });
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
  onSupervisorLost(() => {
    say("the supervising process has gone: finishing what is under way");
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

/** The report without what was printed as it came, or is said last. */
function untold(report: Report, told: ReadonlySet<string>): Report {
  return { ...report, error: null, notes: report.notes.filter((note) => !told.has(note)) };
}

const COLUMNS_DEFAULT = 100;
const COLUMNS_MAX = 120;
