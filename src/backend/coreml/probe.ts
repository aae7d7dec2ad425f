import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { throwIfInterrupted } from "./interrupted.ts";
import type { ProbeAnswer, ProbeRequest } from "./probe-protocol.ts";

/** How a probe ended. */
export type ProbeResult =
  | { readonly kind: "ok"; readonly loadMs: number; readonly predictMs: number }
  /** In order, or ended from outside: the next one may fare better. */
  | { readonly kind: "failed"; readonly code: string; readonly reason: string }
  | { readonly kind: "hung"; readonly reason: string }
  | { readonly kind: "crashed"; readonly reason: string };

export interface ProbeOptions {
  /** For people: `"loading detector.mlpackage for the Neural Engine"`. */
  readonly what: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Told that it takes a while, and again and again. */
  readonly tell: (text: string) => void;
  /** The program that answers; tests put another one in its place. */
  readonly program?: string;
}

const PROCESS = fileURLToPath(new URL("./probe-process.ts", import.meta.url));
/** What is quicker is not worth a word. */
const TELL_FIRST_MS = 3_000;
const TELL_EVERY_MS = 15_000;
/** A process that waits in the system's own code does not end when it is killed, or only late. */
const END_WITHIN_MS = 5_000;
/**
 * Signals that a process does not raise by its own faults: a system short of memory kills, and a
 * terminal interrupts all that it runs.
 */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]);
/** Last words of a process that crashed. */
const REASON_LENGTH_MAX = 300;

/**
 * Asks a process of its own, so that this one survives what Core ML may do: it is ended at its time
 * limit, or where the signal is aborted.
 */
export async function probe(request: ProbeRequest, options: ProbeOptions): Promise<ProbeResult> {
  const { what, limitMs, signal, tell, program = PROCESS } = options;
  throwIfInterrupted(signal);
  const child = Bun.spawn([process.execPath, program, JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: process.env,
    // Nothing is said over it; it tells the child when this process has gone.
    ipc: () => undefined,
  });
  let hasHung = false;
  const { promise: stuck, resolve: giveUp } = Promise.withResolvers<null>();
  let grace: Timer | undefined;
  const kill = (): void => {
    child.kill("SIGKILL");
    grace = setTimeout(() => giveUp(null), END_WITHIN_MS);
  };
  const limit = setTimeout(() => {
    hasHung = true;
    kill();
  }, limitMs);
  const progress = new Progress(what, limitMs, tell);
  signal.addEventListener("abort", kill);
  try {
    const ended = Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const texts = await Promise.race([ended, stuck]);
    throwIfInterrupted(signal);
    if (hasHung || texts === null) {
      return { kind: "hung", reason: `no end of it in ${seconds(limitMs)}` };
    }
    const [output, errors] = texts;
    const answer = answerIn(output);
    if (answer === null) return brokenOff(child, errors);
    if (answer.ok) return { kind: "ok", loadMs: answer.loadMs, predictMs: answer.predictMs };
    return { kind: "failed", code: answer.code, reason: answer.message };
  } finally {
    clearTimeout(limit);
    clearTimeout(grace);
    // One that cannot be ended keeps nobody waiting.
    child.unref();
    progress.end();
    signal.removeEventListener("abort", kill);
  }
}

class Progress {
  readonly #startedMs = performance.now();
  readonly #what: string;
  readonly #limitMs: number;
  readonly #tell: (text: string) => void;
  #timer: Timer;

  constructor(what: string, limitMs: number, tell: (text: string) => void) {
    this.#what = what;
    this.#limitMs = limitMs;
    this.#tell = tell;
    this.#timer = setTimeout(() => this.#say(), TELL_FIRST_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #say(): void {
    const elapsedMs = performance.now() - this.#startedMs;
    const elapsed = `${seconds(elapsedMs)} so far`;
    this.#tell(
      `${this.#what}: ${elapsed}, at most ${seconds(this.#limitMs)}; only the first time takes long`,
    );
    this.#timer = setTimeout(() => this.#say(), TELL_EVERY_MS);
  }
}

function seconds(ms: number): string {
  return `${ms < 10_000 ? Number((ms / 1000).toFixed(1)) : Math.round(ms / 1000)} s`;
}

function answerIn(output: string): ProbeAnswer | null {
  const last = output.trim().split("\n").at(-1) ?? "";
  try {
    const answer: unknown = JSON.parse(last);
    return typeof answer === "object" && answer !== null && "ok" in answer
      ? (answer as ProbeAnswer)
      : null;
  } catch {
    // It died before it could say anything.
    return null;
  }
}

function brokenOff(child: Bun.Subprocess, errors: string): ProbeResult {
  const { signalCode, exitCode } = child;
  const number = (exitCode ?? 0) - 128;
  const named = Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
  const end = signalCode === null ? named : String(signalCode);
  if (end !== undefined && FROM_OUTSIDE.has(end)) {
    const reason = `${end} from outside ended it, as a system short of memory does`;
    return { kind: "failed", code: "probe-killed", reason };
  }
  const how = end === undefined ? `ended with status ${exitCode}` : `was ended by ${end}`;
  const words = errors.trim().split("\n").at(-1)?.trim().slice(0, REASON_LENGTH_MAX) ?? "";
  return { kind: "crashed", reason: words === "" ? `it ${how}` : `it ${how} (${words})` };
}
