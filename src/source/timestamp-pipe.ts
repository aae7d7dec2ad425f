import { readSync } from "node:fs";
import { closeFd } from "../native/library.ts";
import type { TimestampParser } from "./timestamps.ts";

const READ_BYTES = 65536;

/** The text with frames' times from a decoder's pipe. */
export class TimestampPipe {
  readonly #fd: number;
  readonly #parser: TimestampParser;
  readonly #text = new Uint8Array(READ_BYTES);

  constructor(fd: number, parser: TimestampParser) {
    this.#fd = fd;
    this.#parser = parser;
  }

  /** What the parser makes of the next frame's; NaN where the text has ended. Waits for it. */
  next(): number {
    for (;;) {
      const time = this.#parser.next();
      if (time !== undefined) return time;
      const count = readSync(this.#fd, this.#text);
      if (count === 0) return Number.NaN;
      this.#parser.push(this.#text, count);
    }
  }

  close(): void {
    closeFd(this.#fd);
  }
}
