import { type AipError, runtimeError } from "../errors.ts";
import type { PictureSize } from "../types.ts";
import { Decoder } from "./decoder.ts";
import { redact } from "./diagnosis.ts";
import { decodeErrorNotes } from "./ending.ts";
import { type DecodeRequest, framingOf } from "./ffmpeg.ts";
import type { StreamProbe } from "./geometry.ts";
import type { SourceOptions } from "./options.ts";
import { scaledRequest } from "./scaled.ts";
import type { IngestSegment, SegmentResult, Source, SourceInfo } from "./source.ts";
import { describe } from "./video.ts";

/** Tries in a row before a source counts as lost: with the waits below, half a minute. */
export const RECONNECT_COUNT_MAX = 5;
const RECONNECT_DELAY_MS = 1000;

/** What a camera is made from. */
export interface LiveInput {
  readonly name: string;
  readonly spec: string;
  readonly stream: StreamProbe;
  readonly request: DecodeRequest;
}

/**
 * A camera or a stream without end: one segment a connection.
 *
 * When a connection breaks off it is made anew after 1, 2, 4, 8 and 16 s; one frame received, and
 * the count starts again.
 */
export class LiveSource implements Source {
  readonly name: string;
  readonly spec: string;
  readonly live = true;
  info: SourceInfo;
  readonly #stream: StreamProbe;
  #request: DecodeRequest;
  readonly #options: SourceOptions;
  #decoder: Decoder | undefined;
  /** When the first connection was opened, in ms of the process's clock. */
  #startedMs: number | undefined;
  #failedInARow = 0;
  #breakCount = 0;
  #errorCount = 0;
  #lastError: string | undefined;
  readonly #ended = new AbortController();

  constructor(input: LiveInput, options: SourceOptions) {
    this.name = input.name;
    this.spec = redact(input.spec);
    this.info = describeLive(input.stream, input.request);
    this.#stream = input.stream;
    this.#request = input.request;
    this.#options = options;
  }

  scaleTo(size: PictureSize): void {
    this.#request = scaledRequest(this.#request, size);
    this.info = describeLive(this.#stream, this.#request);
  }

  async open(): Promise<IngestSegment | null> {
    if (this.#startedMs !== undefined) await this.#waitToReconnect();
    if (this.#ended.signal.aborted) return null;
    const nowMs = performance.now();
    this.#startedMs ??= nowMs;
    this.#decoder = new Decoder(this.#request, this.#options.pipes);
    return {
      kind: "pipe",
      fd: this.#decoder.pictureFd,
      framing: framingOf(this.#request.format),
      timestampFd: this.#decoder.timestampFd,
      startMs: nowMs - this.#startedMs,
      geometry: this.#request.format.geometry,
    };
  }

  async finish(segment: SegmentResult): Promise<AipError | null> {
    if (this.#decoder === undefined) return null;
    const { log, stopped } = await this.#decoder.exit();
    this.#errorCount += log.errorCount;
    this.#lastError = log.last ?? this.#lastError;
    if (stopped || log.hungUp || this.#ended.signal.aborted) return null;
    if (segment.frames > 0) this.#breakCount += 1;
    this.#failedInARow = segment.frames > 0 ? 0 : this.#failedInARow + 1;
    if (this.#failedInARow <= RECONNECT_COUNT_MAX) return null;
    this.#ended.abort();
    const reason = this.#lastError === undefined ? "" : ` (${this.#lastError})`;
    return runtimeError(
      "source-lost",
      `Lost "${this.spec}": no frame in ${RECONNECT_COUNT_MAX} tries to reconnect${reason}`,
    );
  }

  notes(): readonly string[] {
    const notes = decodeErrorNotes(this.#errorCount, this.#lastError);
    if (this.#breakCount === 0) return notes;
    const times = this.#breakCount === 1 ? "once" : `${this.#breakCount} times`;
    return [`the connection broke off ${times}`, ...notes];
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#decoder?.stop();
  }

  async #waitToReconnect(): Promise<void> {
    const { signal } = this.#ended;
    if (signal.aborted) return;
    const firstMs = this.#options.reconnectDelayMs ?? RECONNECT_DELAY_MS;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, firstMs * 2 ** this.#failedInARow);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }
}

/** A camera has no end, whatever its container says. */
function describeLive(stream: StreamProbe, request: DecodeRequest): SourceInfo {
  const { frameCount: _, ...info } = describe(stream, request);
  return info;
}
