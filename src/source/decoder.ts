import { LogTail } from "./diagnosis.ts";
import { type DecodeRequest, decodeArguments } from "./ffmpeg.ts";
import { findTool } from "./tool.ts";

/** Makes pipes whose ends no child inherits by accident (close-on-exec). */
export interface PipeFactory {
  createPipe(capacityBytes: number): { readonly readFd: number; readonly writeFd: number };
  closeFd(fd: number): void;
}

/** How a decoder process ended. */
export interface DecoderExit {
  readonly code: number | null;
  /** Name of the signal that ended it, such as `"SIGKILL"`. */
  readonly signal: string | null;
  /** We ended it. */
  readonly stopped: boolean;
  readonly log: LogTail;
}

/** Fewer, larger reads: one wake-up of the reader serves more of the picture. */
const PICTURE_PIPE_BYTES = 1 << 20;
/** Room for the times of some 1,500 pictures; they are written one by one, in step. */
const TIMESTAMP_PIPE_BYTES = 1 << 16;
/** A decoder that has closed its pipes is about to exit. */
const EXIT_LIMIT_MS = 5000;
/** After the polite signal; a decoder blocked on a full pipe does not hear it. */
const TERMINATE_LIMIT_MS = 500;

/** One ffmpeg process that writes raw pictures and their times into two pipes. */
export class Decoder {
  /** Read ends; whoever reads them closes them. */
  readonly pictureFd: number;
  readonly timestampFd: number;
  readonly #child: Bun.Subprocess<"ignore" | Uint8Array, number, "pipe">;
  readonly #log = new LogTail();
  readonly #exit: Promise<DecoderExit>;
  #stopped = false;

  /**
   * Starts ffmpeg.
   *
   * @param script text for its standard input, where the input options read one
   * @throws {AipError} where ffmpeg is missing or a pipe cannot be made
   */
  constructor(request: DecodeRequest, pipes: PipeFactory, script?: string) {
    const command = [findTool("ffmpeg"), ...decodeArguments(request)];
    const picture = pipes.createPipe(PICTURE_PIPE_BYTES);
    const open = [picture];
    try {
      const timestamp = pipes.createPipe(TIMESTAMP_PIPE_BYTES);
      open.push(timestamp);
      this.#child = Bun.spawn(command, {
        stdio: [
          script === undefined ? "ignore" : new TextEncoder().encode(script),
          picture.writeFd,
          "pipe",
          timestamp.writeFd,
        ],
        // A session of its own: Ctrl-C is for us alone, who then stop it, and know that we did.
        detached: true,
      });
      this.timestampFd = timestamp.readFd;
    } catch (error) {
      for (const pipe of open) {
        pipes.closeFd(pipe.readFd);
        pipes.closeFd(pipe.writeFd);
      }
      throw error;
    }
    this.pictureFd = picture.readFd;
    // Our copies of the write ends would keep the reader from ever seeing the end.
    for (const pipe of open) pipes.closeFd(pipe.writeFd);
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

  /** Waits for the exit; a decoder that does not exit is ended. */
  async exit(): Promise<DecoderExit> {
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

  async #watch(): Promise<DecoderExit> {
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
