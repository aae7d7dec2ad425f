import { writeSync } from "node:fs";
import { runtimeError } from "../errors.ts";
import { reasonOf } from "../sink/line-writer.ts";

const STDOUT_FD = 1;

/**
 * Writes text to the standard output, whole, before it returns: `process.stdout` loses what a full
 * disk refuses without a word. A reader who has had enough, as in `| head`, is no failure.
 *
 * @throws {AipError} `output-failed` where the system does not take it
 */
export function printOut(text: string): void {
  const bytes = Buffer.from(text);
  let offset = 0;
  try {
    while (offset < bytes.length) offset += writeSync(STDOUT_FD, bytes, offset);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EPIPE") return;
    const message = `Cannot write standard output: ${reasonOf(cause)}`;
    throw runtimeError("output-failed", message, cause);
  }
}
