import { type AipError, runtimeError } from "../errors.ts";
import { clockMs } from "../native/library.ts";
import type { FrameView, RunContext } from "../types.ts";
import { type LineWriter, openLineWriter } from "./line-writer.ts";
import type { Sink } from "./sink.ts";
import { TraceRecorder } from "./trace-recorder.ts";
import { TraceTimeline } from "./trace-timeline.ts";

/** Bytes that may wait for the slow reader of a pipe. */
const PENDING_BYTES_MAX = 1 << 26;

export interface TraceSinkOptions {
  /** File to write: JSON in the Trace Event Format. */
  readonly path: string;
}

/**
 * The run's timeline, for Perfetto or `chrome://tracing`: every stage of every frame by thread,
 * what waits in which slot, decisions and faults. `TraceTimeline` says what its rows are, and
 * `docs/results.md` what stands in them.
 *
 * As a sink it sees frames leave; of all else the pipeline tells its `recorder`.
 */
export class TraceSink implements Sink {
  readonly name = "trace";
  readonly recorder: TraceRecorder;
  readonly #path: string;
  #context: RunContext | undefined;
  #timeline: TraceTimeline | undefined;
  #writer: LineWriter | undefined;
  #error: AipError | undefined;
  #isOpened = false;

  constructor(options: TraceSinkOptions) {
    this.#path = options.path;
    this.recorder = new TraceRecorder((records) => {
      this.#timeline?.add(records);
      this.#put();
    });
  }

  open(context: RunContext): void {
    this.#context = context;
    this.#writer = openLineWriter(this.#path, false, {
      onError: (error) => this.#fail(error),
      onProgress: () => undefined,
    });
    this.#isOpened = true;
    this.#timeline = new TraceTimeline(context, clockMs());
    this.recorder.open(context);
    this.#put();
  }

  write(frame: FrameView): void {
    if (this.#error === undefined) this.recorder.left(frame);
  }

  async close(_complete: boolean): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.recorder.close();
    this.#timeline?.end();
    this.#put();
    this.#writer = undefined;
    this.#timeline = undefined;
    try {
      await writer.close();
    } catch (error) {
      // Told already, unless it is the last piece that failed.
      if (error !== this.#error) throw error;
    }
  }

  outputs(): readonly string[] {
    return this.#isOpened && this.#error === undefined ? [this.#path] : [];
  }

  /** Writes the lines that have been made. */
  #put(): void {
    const text = this.#timeline?.text;
    const writer = this.#writer;
    if (text === undefined || writer === undefined) return;
    if (this.#error === undefined) writer.write(text.bytes, text.length);
    text.clear();
    if (writer.pendingBytes <= PENDING_BYTES_MAX) return;
    const message = `The reader of "${this.#path}" does not keep up: read it, or name a file`;
    this.#fail(runtimeError("output-stalled", message));
  }

  #fail(error: AipError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#context?.fail(error);
  }
}
