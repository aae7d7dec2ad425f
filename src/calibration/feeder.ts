import { runtimeError, usageError } from "../errors.ts";
import type { IngestSegment, Source } from "../source/source.ts";
import type { FeederCommand, FeederMessage } from "./feeder-worker.ts";

/** Opens the source anew: a source is read once. */
export type SourceFactory = () => Promise<Source>;

/** What was decoded in a stretch of time. */
export interface Fed {
  readonly frames: number;
  readonly elapsedMs: number;
}

/** How long the worker gets to close its pipes. */
const CLOSE_WITHIN_MS = 500;

/**
 * Decodes beside a trial what a run would decode: one frame for each one answered. A source that
 * comes to its end is opened again.
 */
export class Feeder {
  readonly #openSource: SourceFactory;
  readonly #worker: Worker = new Worker(new URL("./feeder-worker.ts", import.meta.url).href);
  readonly #stop: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #source: Source | undefined;
  #pending: PromiseWithResolvers<Fed> | undefined;
  #failure: Error | undefined;
  #decoderCpuMs = 0;
  #isClosed = false;
  #onClosed: () => void = () => undefined;

  constructor(openSource: SourceFactory) {
    this.#openSource = openSource;
    this.#worker.onmessage = (event: MessageEvent<FeederMessage>) => this.#told(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message);
    };
  }

  /** Processor time in ms of the decoder processes that have ended; 0 where there were none. */
  get decoderCpuMs(): number {
    return this.#decoderCpuMs;
  }

  /** Opens the source, where it is not. @throws {AipError} */
  async open(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#source === undefined) await this.#reopen();
  }

  /**
   * Begins to deliver; `stop` ends it. The source must be open.
   * @param answered words of the stations whose answers are followed; none: as fast as can be
   */
  start(answered: readonly SharedArrayBuffer[]): void {
    this.#stop[0] = 0;
    this.#pending = Promise.withResolvers<Fed>();
    // Nobody may be waiting yet when the worker fails: `stop` throws it.
    this.#pending.promise.catch(() => undefined);
    this.#post({ type: "start", answered, stop: this.#stop.buffer as SharedArrayBuffer });
  }

  /** Ends it. @throws {AipError} where the source could not be read */
  async stop(): Promise<Fed> {
    Atomics.store(this.#stop, 0, 1);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#pending === undefined) throw new TypeError("Feeder.stop: it was not started");
    return await this.#pending.promise;
  }

  /** Ends the decoder and the worker; may be called again. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    Atomics.store(this.#stop, 0, 1);
    await this.#closeSource();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onClosed = resolve;
    this.#post({ type: "close" });
    const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
    await promise;
    clearTimeout(timer);
    this.#worker.terminate();
  }

  async #reopen(): Promise<void> {
    await this.#closeSource();
    this.#source = await this.#openSource();
    const segment = await this.#source.open();
    if (segment === null) {
      throw usageError("source-empty", `Source "${this.#source.spec}" has no frames to decode`);
    }
    this.#post({ type: "segment", segment: endless(segment) });
  }

  async #closeSource(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
    this.#decoderCpuMs += source?.decoderCpuMs?.() ?? 0;
  }

  #told(message: FeederMessage): void {
    switch (message.type) {
      case "fed":
        this.#pending?.resolve(message);
        return;
      case "failed":
        this.#fail(message.message);
        return;
      case "closed":
        this.#onClosed();
        return;
      case "end":
        this.#reopen().catch((error: Error) => this.#fail(error.message));
    }
  }

  #fail(reason: string): void {
    this.#failure ??= runtimeError("source-failed", `Cannot decode beside: ${reason}`);
    this.#pending?.reject(this.#failure);
  }

  #post(command: FeederCommand): void {
    this.#worker.postMessage(command);
  }
}

/** The demo scene goes on for as long as it is measured. */
function endless(segment: IngestSegment): IngestSegment {
  return segment.kind === "demo" ? { ...segment, frameCount: null } : segment;
}
