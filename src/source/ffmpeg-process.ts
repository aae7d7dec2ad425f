import { LogTail } from "./diagnosis.ts";
import { findTool } from "./tool.ts";

/** How an ffmpeg process ended. */
export interface FfmpegExit {
  readonly code: number | null;
  /** Name of the signal that ended it, such as `"SIGKILL"`. */
  readonly signal: string | null;
  /** We ended it. */
  readonly stopped: boolean;
  readonly log: LogTail;
}

export interface FfmpegStdio {
  /** A descriptor, or text for it; default nothing. */
  readonly stdin?: number | Uint8Array;
  readonly stdout: number;
  /** Descriptors 3 and up in the child. */
  readonly further?: readonly number[];
}

/** A process that has closed its pipes is about to exit. */
const EXIT_LIMIT_MS = 5000;
/** After the polite signal; a process blocked on a full pipe does not hear it. */
const TERMINATE_LIMIT_MS = 500;

/** A running ffmpeg: its messages are kept, its end is waited for. */
export class FfmpegProcess {
  readonly #child: Bun.Subprocess<"ignore" | number | Uint8Array, number, "pipe">;
  readonly #log = new LogTail();
  readonly #exit: Promise<FfmpegExit>;
  #stopped = false;

  /** @throws {AipError} `ffmpeg-missing` */
  constructor(args: readonly string[], { stdin, stdout, further = [] }: FfmpegStdio) {
    this.#child = Bun.spawn([findTool("ffmpeg"), ...args], {
      stdio: [stdin ?? "ignore", stdout, "pipe", ...further],
      // A session of its own: Ctrl-C is for us alone, who then stop it, and know that we did.
      detached: true,
    });
    this.#exit = this.#watch();
  }

  /** Process number, for tests that end it from outside. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Processor time it took in ms; undefined while it runs. */
  get cpuMs(): number | undefined {
    const usage = this.#child.resourceUsage();
    return usage === undefined ? undefined : Number(usage.cpuTime.total) / 1000;
  }

  /** Waits for the exit; a process that does not exit is ended. */
  async exit(): Promise<FfmpegExit> {
    if (await this.#exitsWithin(EXIT_LIMIT_MS)) return await this.#exit;
    await this.stop();
    return await this.#exit;
  }

  /** Ends the process, if it still runs, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#stopped = true;
      this.#child.kill("SIGTERM");
      if (!(await this.#exitsWithin(TERMINATE_LIMIT_MS))) this.#child.kill("SIGKILL");
    }
    await this.#exit;
  }

  async #watch(): Promise<FfmpegExit> {
    const text = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#log.push(text.decode(chunk, { stream: true }));
    }
    this.#log.end();
    await this.#child.exited;
    const { exitCode: code, signalCode } = this.#child;
    const signal = signalCode === null ? null : String(signalCode);
    return { code, signal, stopped: this.#stopped, log: this.#log };
  }

  async #exitsWithin(limitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), limitMs);
    const exited = await Promise.race([this.#exit.then(() => true), promise]);
    clearTimeout(timer);
    return exited;
  }
}
