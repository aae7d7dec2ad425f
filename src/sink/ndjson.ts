import { type AipError, runtimeError } from "../errors.ts";
import type { FrameView, RunContext } from "../types.ts";
import { type LineWriter, openLineWriter } from "./line-writer.ts";
import { NdjsonLine } from "./ndjson-line.ts";
import type { Sink } from "./sink.ts";

/** Bytes that may wait for a slow reader before frames are held back. */
const PENDING_BYTES_HOLD = 1 << 20;
/** Bytes that may wait when there are no frames to hold: a live source that drops them. */
const PENDING_BYTES_MAX = 1 << 26;

export interface NdjsonSinkOptions {
  /** File to write, or `-` for the standard output. */
  readonly path: string;
  /** Whether raw output tensors are written, as base64. Default true. */
  readonly payload?: boolean;
  /** Goes on after what the file holds, instead of replacing it. Default false. */
  readonly append?: boolean;
}

/**
 * Results as NDJSON: one line per frame, in order, dropped and failed ones included; the format is
 * that of `docs/results.md`. A full disk leaves whole lines. A reader that does not keep up holds
 * frames back; one that goes away ends the run with the error `output-closed`, which is no failure
 * worth a message.
 */
export class NdjsonSink implements Sink {
  readonly name = "ndjson";
  readonly pixels = "none";
  readonly #options: NdjsonSinkOptions;
  #context: RunContext | undefined;
  #writer: LineWriter | undefined;
  #line: NdjsonLine | undefined;
  #held: number[] = [];
  #error: AipError | undefined;
  #isOpened = false;

  constructor(options: NdjsonSinkOptions) {
    this.#options = options;
  }

  open(context: RunContext): void {
    const { path, payload = true, append = false } = this.#options;
    this.#context = context;
    this.#line = new NdjsonLine(context, payload);
    this.#writer = openLineWriter(path, append, {
      onError: (error) => this.#fail(error),
      onProgress: () => this.#releaseHeld(),
    });
    this.#isOpened = true;
  }

  write(frame: FrameView): void {
    const writer = this.#writer;
    if (writer === undefined || this.#line === undefined) throw new TypeError("write before open");
    if (this.#error !== undefined) return;
    const line = this.#line.of(frame);
    writer.write(line.bytes, line.length);
    if (writer.pendingBytes > PENDING_BYTES_HOLD && frame.slotIndex >= 0) {
      frame.hold();
      this.#held.push(frame.slotIndex);
    } else if (writer.pendingBytes > PENDING_BYTES_MAX) {
      const message = `The reader of "${this.#options.path}" does not keep up: read it, or name a file`;
      this.#fail(runtimeError("output-stalled", message));
    }
  }

  async close(_complete: boolean): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    try {
      await writer?.close();
    } catch (error) {
      // Told already, unless it is the last piece that failed.
      if (error !== this.#error) throw error;
    } finally {
      this.#releaseHeld();
    }
  }

  outputs(): readonly string[] {
    const isWritten = this.#isOpened && this.#error === undefined;
    return isWritten && this.#options.path !== "-" ? [this.#options.path] : [];
  }

  #fail(error: AipError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#context?.fail(error);
  }

  #releaseHeld(): void {
    if (this.#writer !== undefined && this.#writer.pendingBytes > PENDING_BYTES_HOLD / 2) return;
    const held = this.#held;
    this.#held = [];
    for (const slotIndex of held) this.#context?.release(slotIndex);
  }
}
