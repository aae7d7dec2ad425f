import { runtimeError } from "../src/errors.ts";

/** What a program that was measured says of itself, as the last line it prints. */
export interface SubjectReport {
  /** Frames a second over its timed span. */
  readonly fps: number;
  readonly frames: number;
  /** Processor time it had used when the timed span began, in ms. */
  readonly cpuMsAtStart?: number;
  /** Objects it found, to show that all did the same work. */
  readonly detections?: number;
  /** Devices that took part, where it chose them itself. */
  readonly devices?: readonly string[];
  /** Memory of the steady state, where it was measured. */
  readonly heapBytesPerFrame?: number;
  readonly residentBytesPerFrame?: number;
}

/** A report, and what the system says of the process. */
export interface SubjectRun extends SubjectReport {
  /** Processor time of the timed span, the programs it started included, in ms a frame. */
  readonly cpuMsPerFrame: number;
}

/**
 * Runs a program to be measured in a process of its own and reads what it reports.
 *
 * @param environment variables it sees besides ours
 * @throws {AipError} `bench-subject` where it fails or prints no report, with what it complained of
 */
export async function runSubject(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<SubjectRun> {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  if (status !== 0 || !line.startsWith("{")) {
    const complaint = errors.trim().split("\n").at(-1) || "it printed no report";
    throw runtimeError("bench-subject", `"${command.join(" ")}" failed: ${complaint}`);
  }
  const report = JSON.parse(line) as SubjectReport;
  const usage = child.resourceUsage();
  const cpuMs = Number(usage?.cpuTime.total ?? 0) / 1000 - (report.cpuMsAtStart ?? 0);
  return { ...report, cpuMsPerFrame: cpuMs / report.frames };
}
