import { AipError, runtimeError } from "../errors.ts";

export interface OutcomeOptions {
  /** What is known before the run begins. */
  readonly notes: readonly string[];
  /** Told of every further note. */
  readonly onNote: (text: string) => void;
  /** Whoever reads the results has had enough, as `head` does: an end, and no failure. */
  readonly onEnough: () => void;
}

/** What a run comes to: the error it fails with, if any, and all else that people should know. */
export class Outcome {
  readonly notes: string[];
  readonly #options: OutcomeOptions;
  #error: AipError | null = null;

  constructor(options: OutcomeOptions) {
    this.#options = options;
    this.notes = [...options.notes];
  }

  /** The first error; null while there is none. */
  get error(): AipError | null {
    return this.#error;
  }

  /** The run has failed. Errors after the first become notes. */
  fail(cause: unknown): void {
    const error = asAipError(cause);
    if (error.code === "output-closed") {
      this.#options.onEnough();
      return;
    }
    this.#error ??= error;
    if (this.#error !== error) this.note(error.message);
  }

  note(text: string): void {
    this.notes.push(text);
    this.#options.onNote(text);
  }

  /**
   * Finishes something. What cannot be finished makes the run a failed one, and keeps nothing else
   * from closing. Returns whether it worked.
   */
  async closing(close: (() => void | Promise<void>) | undefined): Promise<boolean> {
    try {
      await close?.();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}

function asAipError(error: unknown): AipError {
  if (error instanceof AipError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return runtimeError("sink-failed", message, error);
}
