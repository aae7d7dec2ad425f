import { statSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { checkOutputs } from "../config/outputs.ts";
import { resumeObstacle } from "../config/resume.ts";
import type { RunConfig } from "../config/run-config.ts";
import { usageError } from "../errors.ts";
import type { CommandInput } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { NAME_WIDTH } from "./header.ts";
import { RestartBudget } from "./restart-budget.ts";
import { onSignals } from "./signals.ts";
import { CRASHES_VARIABLE } from "./supervised.ts";

/** Signals that end a process without its doing; SIGKILL is the kernel's, short of memory. */
const CRASH_SIGNALS: readonly string[] = [
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGKILL",
  "SIGSEGV",
  "SIGSYS",
  "SIGTRAP",
];
/** How a shell tells that a signal ended what it ran: 128 and the signal's number. */
const SIGNAL_EXIT_CODE = 128;
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/**
 * Runs `aip run` in a process of its own. A crash of native code ends that process, not this one:
 * it is started again and goes on after the last frame in `--output`; without one it starts from
 * the beginning. Signals are passed on. What fails in order (exit codes 1 and 2) is not repeated.
 *
 * @returns the exit code of the last process; 1 where it crashed too often
 * @throws {AipError} `supervise-invalid` where the outputs cannot be gone on with
 */
export async function supervise(input: CommandInput, config: RunConfig): Promise<number> {
  checkOutputs(config);
  const { output } = config;
  const obstacle = output === undefined ? null : resumeObstacle(config);
  if (obstacle !== null) throw usageError("supervise-invalid", `Cannot supervise: ${obstacle}`);
  const say = (text: string): void => {
    process.stderr.write(`${"supervisor".padEnd(NAME_WIDTH)}${text}\n`);
  };
  const before = fileState(output);
  const budget = new RestartBudget();
  const crashes: string[] = [];
  let child: Bun.Subprocess | undefined;
  using signals = onSignals((name) => child?.kill(name));
  for (let resumes = false; ; ) {
    child = start(commandWords(input, resumes), crashes);
    say(`process ${child.pid}`);
    await child.exited;
    const crash = crashOf(child);
    if (crash === null) return child.exitCode ?? ExitCode.failed;
    crashes.push(crash);
    if (signals.count > 0) {
      say(`ended by ${crash} while it was finishing`);
      return ExitCode.failed;
    }
    const refusal = budget.crashed(performance.now(), sizeOf(output));
    if (refusal !== null) {
      process.stderr.write(`aip: The run was ended by ${crash}; given up: ${refusal}\n`);
      return ExitCode.failed;
    }
    // What stands in the file may be an older run's: until it changes, nothing has been written.
    resumes = fileState(output) !== before;
    say(`ended by ${crash}: ${nextStep(output, resumes)}`);
  }
}

/** The words that follow `aip`, made from what they were parsed to. Pure. */
export function commandWords({ flags, operands }: CommandInput, resumes: boolean): string[] {
  const words = Object.entries({ ...flags, ...(resumes && { resume: true }) })
    .filter(([flag]) => flag !== "supervise")
    .map(([flag, value]) => {
      if (typeof value === "string") return `--${flag}=${value}`;
      return value ? `--${flag}` : `--no-${flag}`;
    });
  return ["run", ...words, "--", ...operands];
}

/** Name of the signal that ended a process, or that its exit code stands for; null for none. */
export function crashOf(ended: {
  readonly signalCode: string | number | null;
  readonly exitCode: number | null;
}): string | null {
  const { signalCode, exitCode } = ended;
  const signal = signalCode ?? (exitCode ?? 0) - SIGNAL_EXIT_CODE;
  const named = Object.entries(constants.signals).find(
    ([name, number]) => name === signal || number === signal,
  );
  return named !== undefined && CRASH_SIGNALS.includes(named[0]) ? named[0] : null;
}

function nextStep(output: string | undefined, resumes: boolean): string {
  if (resumes) return `going on after the last frame in "${output}"`;
  const reason = output === undefined ? "for want of --output" : "no frame has been written";
  return `starting from the beginning, ${reason}`;
}

function start(words: readonly string[], crashes: readonly string[]): Bun.Subprocess {
  return Bun.spawn([process.execPath, MAIN, ...words], {
    stdio: ["inherit", "inherit", "inherit"],
    env: { ...process.env, [CRASHES_VARIABLE]: crashes.join(",") },
    // A group of its own: Ctrl-C in a terminal reaches this process alone, which passes it on once.
    detached: true,
    // Nothing is said over it; it tells the child when this process has gone.
    ipc: () => undefined,
  });
}

/** Identity, size and time of a file; empty where there is none. */
function fileState(path: string | undefined): string {
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

function sizeOf(path: string | undefined): number | null {
  return path === undefined ? null : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}
