const LINE_LENGTH_MAX = 400;

/** `[h264 @ 0x55d1…] [error] text`, as `-loglevel level+…` writes it; the module may be missing. */
const PREFIX = /^(\[[^\]]* @ 0x[0-9a-f]+\] )*\[(panic|fatal|error|warning)\] /;
/** Messages of ffmpeg's demuxers and protocols for input that ends too early. */
const CUT_SHORT =
  /partial file|ended prematurely|truncat|unexpected eof|stream ends prematurely|connection (timed out|reset)|input\/output error/i;
/** What ffmpeg's MP4 reader says of it, with a place in the file that tells nobody anything. */
const PARTIAL_FILE = /^stream \d+, offset 0x[0-9a-f]+: partial file$/;
/** Our side hung up first; ffmpeg's complaint about it is no fault of the input. */
const HUNG_UP = /broken pipe/i;

/** Reads a decoder's messages line by line and keeps what tells how it went. */
export class LogTail {
  #errorCount = 0;
  #last: string | undefined;
  #cutShort: string | undefined;
  #hungUp = false;
  #rest = "";

  /** Takes the next piece of text; it may end anywhere. */
  push(text: string): void {
    const pieces = (this.#rest + text).split("\n");
    this.#rest = (pieces.pop() ?? "").slice(0, LINE_LENGTH_MAX);
    for (const piece of pieces) this.#add(piece);
  }

  /** Takes what stands after the last line end. */
  end(): void {
    if (this.#rest !== "") this.#add(this.#rest);
    this.#rest = "";
  }

  /** Number of error lines so far. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /** The message that says that the input ends too early, if there was one. */
  get cutShort(): string | undefined {
    return this.#cutShort;
  }

  /** Whether the decoder ended because the reader of its pictures had hung up. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** The last message, cleaned of ffmpeg's prefixes; undefined where there was none. */
  get last(): string | undefined {
    return this.#last;
  }

  #add(raw: string): void {
    const line = cleanLine(raw);
    if (line === "") return;
    if (HUNG_UP.test(line)) {
      this.#hungUp = true;
      return;
    }
    this.#errorCount += 1;
    if (CUT_SHORT.test(raw)) this.#cutShort ??= line;
    this.#last = line;
  }
}

/** One message without module, level, places in files and passwords. */
export function cleanLine(line: string): string {
  const text = line.trim().replace(PREFIX, "").slice(0, LINE_LENGTH_MAX);
  return redact(text.replace(PARTIAL_FILE, "the file is incomplete"));
}

/** Takes user names and passwords out of URLs: they must not reach logs, reports or results. */
export function redact(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s"']*@/gi, "$1");
}
