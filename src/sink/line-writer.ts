import {
  close,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  write,
  writeSync,
} from "node:fs";
import { type AipError, runtimeError, usageError } from "../errors.ts";
import { lockFile } from "../native/file-lock.ts";

const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;

/** Bytes collected before a file is written. */
const BUFFER_BYTES = 64 * 1024;
/** Lines of a file are not kept back longer than this, so that a killed run leaves its results. */
const FLUSH_AFTER_MS = 250;
/** Pause before a pipe that is full and does not block is tried again. */
const RETRY_AFTER_MS = 5;
const STDOUT_FD = 1;

/** Takes whole lines in order and writes them out. */
export interface LineWriter {
  /** Takes a line, line feed included: the first `length` of `bytes`, which are copied. */
  write(bytes: Buffer, length: number): void;
  /** Bytes taken that the system has not: grows where a reader is slow. */
  readonly pendingBytes: number;
  /** Writes what is left and closes the file. @throws {AipError} where that fails */
  close(): Promise<void>;
}

export interface LineWriterEvents {
  /** Writing failed, once; lines after the failure are discarded. */
  onError(error: AipError): void;
  /** `pendingBytes` has shrunk. */
  onProgress(): void;
}

/**
 * Opens `path` for lines: a regular file is written at once from a buffer, anything a reader can
 * hold up (a pipe, a terminal; `-` is the standard output) beside the main thread.
 *
 * @throws {AipError} `output-unwritable`, also for a pipe nobody reads; `output-in-use` where
 * another run writes that file
 */
export function openLineWriter(
  path: string,
  append: boolean,
  events: LineWriterEvents,
): LineWriter {
  if (path === "-") {
    // Redirected to a file, the standard output is still shared with others: no truncating.
    return new StreamLineWriter(STDOUT_FD, "standard output", events);
  }
  let fd: number;
  try {
    // A pipe without a reader would hold the thread up for ever; so it is refused.
    fd = openSync(path, O_WRONLY | O_CREAT | O_NONBLOCK | (append ? O_APPEND : 0));
  } catch (cause) {
    const isUnread = (cause as NodeJS.ErrnoException).code === "ENXIO";
    const reason = isUnread ? "nobody reads it; start the reader first" : reasonOf(cause);
    throw usageError("output-unwritable", `Cannot write "${path}": ${reason}`, cause);
  }
  const name = `"${path}"`;
  if (!fstatSync(fd).isFile()) return new StreamLineWriter(fd, name, events);
  if (!lockFile(fd)) {
    closeSync(fd);
    throw outputInUse(path);
  }
  // Not before it is ours: another run may be writing it.
  if (!append) ftruncateSync(fd);
  return new FileLineWriter(fd, name, events);
}

/** The lines of two runs must not mix. */
export function outputInUse(path: string): AipError {
  const message = `Cannot write "${path}": another run is writing it; name another file`;
  return usageError("output-in-use", message);
}

/** Writes synchronously: the page cache takes 64 KiB faster than a thread pool is reached. */
class FileLineWriter implements LineWriter {
  readonly #fd: number;
  readonly #name: string;
  readonly #events: LineWriterEvents;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  /** Size of the file up to the last whole line. */
  #wholeBytes: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #error: AipError | undefined;

  constructor(fd: number, name: string, events: LineWriterEvents) {
    this.#fd = fd;
    this.#name = name;
    this.#events = events;
    this.#wholeBytes = fstatSync(fd).size;
  }

  get pendingBytes(): number {
    return this.#used;
  }

  // HOT: one line a frame, copied once.
  write(bytes: Buffer, length: number): void {
    if (this.#error !== undefined) return;
    if (this.#used + length > BUFFER_BYTES) this.#flush();
    if (length > BUFFER_BYTES) {
      this.#put(bytes.subarray(0, length));
      return;
    }
    bytes.copy(this.#buffer, this.#used, 0, length);
    this.#used += length;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS).unref();
  }

  async close(): Promise<void> {
    this.#flush();
    clearTimeout(this.#timer);
    closeSync(this.#fd);
    if (this.#error !== undefined) throw this.#error;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sizeBytes = this.#used;
    this.#used = 0;
    if (sizeBytes > 0 && this.#error === undefined) this.#put(this.#buffer.subarray(0, sizeBytes));
  }

  #put(bytes: Uint8Array): void {
    let offset = 0;
    try {
      while (offset < bytes.length) {
        offset += writeSync(this.#fd, bytes, offset, bytes.length - offset);
      }
      this.#wholeBytes += bytes.length;
    } catch (cause) {
      const lineEnd = bytes.subarray(0, offset).lastIndexOf(0x0a) + 1;
      ftruncateSync(this.#fd, this.#wholeBytes + lineEnd);
      this.#error = failure(this.#name, cause);
      this.#events.onError(this.#error);
    }
  }
}

/** Writes in the system's thread pool, one piece at a time, so that a slow reader blocks nobody. */
class StreamLineWriter implements LineWriter {
  readonly #fd: number;
  readonly #name: string;
  readonly #events: LineWriterEvents;
  /** What has come since the piece that is being written. */
  #next: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #nextBytes = 0;
  #inFlightBytes = 0;
  #isWriting = false;
  #error: AipError | undefined;
  #onIdle: (() => void) | undefined;

  constructor(fd: number, name: string, events: LineWriterEvents) {
    this.#fd = fd;
    this.#name = name;
    this.#events = events;
  }

  get pendingBytes(): number {
    return this.#nextBytes + this.#inFlightBytes;
  }

  write(bytes: Buffer, length: number): void {
    if (this.#error !== undefined) return;
    const needed = this.#nextBytes + length;
    if (needed > this.#next.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#next.length));
      this.#next.copy(larger, 0, 0, this.#nextBytes);
      this.#next = larger;
    }
    bytes.copy(this.#next, this.#nextBytes, 0, length);
    this.#nextBytes = needed;
    if (this.#isWriting) return;
    this.#isWriting = true;
    // Lines of one turn leave together, and a live reader waits no longer than that.
    setImmediate(() => this.#writeNext());
  }

  async close(): Promise<void> {
    if (this.#isWriting) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    if (this.#fd !== STDOUT_FD) await new Promise((resolve) => close(this.#fd, resolve));
    if (this.#error !== undefined) throw this.#error;
  }

  #writeNext(): void {
    if (this.#nextBytes === 0 || this.#error !== undefined) {
      this.#isWriting = false;
      this.#onIdle?.();
      return;
    }
    const piece = this.#next.subarray(0, this.#nextBytes);
    this.#inFlightBytes = piece.length;
    this.#next = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#nextBytes = 0;
    this.#put(piece, 0);
  }

  #put(bytes: Buffer, offset: number): void {
    write(this.#fd, bytes, offset, bytes.length - offset, null, (cause, writtenBytes) => {
      if (cause !== null && cause.code === "EAGAIN") {
        setTimeout(() => this.#put(bytes, offset), RETRY_AFTER_MS);
      } else if (cause !== null) {
        this.#fail(cause);
      } else if (offset + writtenBytes < bytes.length) {
        this.#put(bytes, offset + writtenBytes);
      } else {
        this.#inFlightBytes = 0;
        this.#events.onProgress();
        this.#writeNext();
      }
    });
  }

  #fail(cause: NodeJS.ErrnoException): void {
    this.#nextBytes = 0;
    this.#inFlightBytes = 0;
    this.#error =
      cause.code === "EPIPE"
        ? runtimeError("output-closed", `The reader of ${this.#name} has gone`, cause)
        : failure(this.#name, cause);
    this.#events.onError(this.#error);
    this.#events.onProgress();
    this.#writeNext();
  }
}

function failure(name: string, cause: unknown): AipError {
  return runtimeError("output-failed", `Cannot write ${name}: ${reasonOf(cause)}`, cause);
}

/** The system's words for an error: `ENOSPC: no space left on device, write` without the call. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return /^[A-Z0-9]+: (.+?)(?:, \w+.*)?$/.exec(message)?.[1] ?? message;
}
