/** What kind of thing went wrong; decides the exit code. */
export type ErrorCategory =
  /** Wrong usage or configuration, found before anything ran: exit code 2. */
  | "usage"
  /** Failed while running: exit code 1. */
  | "runtime";

export interface AipErrorOptions {
  /** Stable identifier such as `"source-not-found"`. */
  readonly code: string;
  readonly category: ErrorCategory;
  /** What caused it, for programs; the message must make sense without it. */
  readonly cause?: unknown;
}

/**
 * A failure in operation, with one clear sentence as its message: what was wrong, and what would be
 * right. Misuse of the API throws `TypeError` or `RangeError` instead.
 *
 * @example
 * ```ts
 * throw new AipError('Cannot open source "car.mp4": no such file', {
 *   code: "source-not-found",
 *   category: "usage",
 * });
 * ```
 */
export class AipError extends Error {
  override readonly name = "AipError";
  readonly code: string;
  readonly category: ErrorCategory;

  constructor(message: string, options: AipErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.category = options.category;
  }
}

/** A wrong argument, flag, file or configuration: exit code 2. */
export function usageError(code: string, message: string, cause?: unknown): AipError {
  return new AipError(message, { code, category: "usage", cause });
}

/** A failure while running: exit code 1. */
export function runtimeError(code: string, message: string, cause?: unknown): AipError {
  return new AipError(message, { code, category: "runtime", cause });
}

/** `ffmpeg-missing`: a program of ffmpeg that is not there, and how to install it. */
export function toolMissing(name: "ffmpeg" | "ffprobe"): AipError {
  const install =
    process.platform === "darwin" ? "brew install ffmpeg" : "sudo apt-get install ffmpeg";
  const message = `"${name}" is not on the PATH: install it with "${install}"`;
  return usageError("ffmpeg-missing", message);
}
