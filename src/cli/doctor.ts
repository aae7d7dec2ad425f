import { checkUp } from "../doctor/check-up.ts";
import type { DoctorReport } from "../doctor/report.ts";
import { AipError } from "../errors.ts";
import type { DoctorFlags } from "./doctor-options.ts";
import { formatDoctorReport } from "./doctor-text.ts";
import { ExitCode } from "./exit-code.ts";
import { onSignals } from "./signals.ts";

/**
 * Examines for people, or with `--json` for programs: progress on stderr, what was found on stdout.
 * @returns the exit code: 1 where a device is not what it says
 * @throws {AipError} category `usage` where it cannot begin
 */
export async function runDoctor(flags: DoctorFlags): Promise<number> {
  const abort = new AbortController();
  using _signals = onSignals((_, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    abort.abort();
  });
  let report: DoctorReport;
  try {
    report = await checkUp({
      ...flags,
      signal: abort.signal,
      progress: (text) => {
        if (!flags.quiet) process.stderr.write(`${text}\n`);
      },
    });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const message = error instanceof AipError ? error.message : "The doctor was interrupted";
    process.stderr.write(`aip: ${message.replace("calibration", "examination")}\n`);
    return ExitCode.interrupted;
  }
  const text = flags.json ? JSON.stringify(report, null, 2) : formatDoctorReport(report);
  process.stdout.write(`${text}\n`);
  return report.healthy ? ExitCode.done : ExitCode.failed;
}
