/** The letters `pts:` that stand before a frame's time in the text. */
const KEY = [0x70, 0x74, 0x73, 0x3a] as const;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const MINUS = 0x2d;
const TIMES_INITIAL = 256;

/**
 * Reads frame times out of the text of ffmpeg's `metadata=print` filter, as its bytes arrive.
 *
 * Takes `pts:`, a whole number of microseconds (the decoder's arguments set that time base), not
 * `pts_time:`, which has six digits only: after three hours it would be off by up to 50 ms.
 *
 * @example
 * ```ts
 * const times = new TimestampParser();
 * times.push(new TextEncoder().encode("frame:0    pts:40000   pts_time:0.04\naip=1\n"));
 * times.next(); // 0: times count from the first frame
 * times.next(); // undefined: the next frame's text has not come yet
 * ```
 */
export class TimestampParser {
  readonly #startMs: number;
  readonly #unitsPerMs: number;
  #zeroUs: number | undefined;
  #lastMs: number;
  /** Times read and not yet taken: a ring whose size is a power of two. */
  #times: Float64Array = new Float64Array(TIMES_INITIAL);
  #written = 0;
  #taken = 0;
  /** How much of `pts:` has been seen; 4 while inside the number. */
  #matched = 0;
  #digits = 0;
  #valueUs = 0;
  #negative = false;

  /**
   * @param startMs time of the first frame, in ms (`startMs` of the segment)
   * @param zeroUs the text's time, in µs, that stands for `startMs`; default the first frame's
   * @param unitsPerMs what the text counts in; default 1000, µs
   */
  constructor(startMs = 0, zeroUs?: number, unitsPerMs = 1000) {
    this.#unitsPerMs = unitsPerMs;
    this.#startMs = startMs;
    this.#zeroUs = zeroUs;
    this.#lastMs = startMs;
  }

  /**
   * Takes the next bytes of the text; a chunk may end anywhere.
   *
   * HOT: runs once a frame in the ingest worker.
   */
  push(bytes: Uint8Array, count: number = bytes.length): void {
    for (let index = 0; index < count; index += 1) {
      const byte = bytes[index] as number;
      if (this.#matched < KEY.length) {
        this.#match(byte);
      } else if (byte >= DIGIT_0 && byte <= DIGIT_9) {
        this.#valueUs = this.#valueUs * 10 + (byte - DIGIT_0);
        this.#digits += 1;
      } else if (byte === MINUS && this.#digits === 0) {
        this.#negative = true;
      } else {
        this.#endNumber();
        this.#match(byte);
      }
    }
  }

  /**
   * Time of the next frame in ms, or undefined when its text has not arrived. A frame without a
   * time of its own has that of the frame before.
   */
  next(): number | undefined {
    if (this.#taken === this.#written) return undefined;
    const time = this.#times[this.#taken & (this.#times.length - 1)];
    this.#taken += 1;
    return time;
  }

  #match(byte: number): void {
    if (byte === KEY[this.#matched]) this.#matched += 1;
    else this.#matched = byte === KEY[0] ? 1 : 0;
  }

  #endNumber(): void {
    if (this.#digits > 0) {
      const timeUs = this.#negative ? -this.#valueUs : this.#valueUs;
      this.#zeroUs ??= timeUs;
      this.#lastMs = this.#startMs + (timeUs - this.#zeroUs) / this.#unitsPerMs;
    }
    this.#matched = 0;
    this.#digits = 0;
    this.#valueUs = 0;
    this.#negative = false;
    if (this.#written - this.#taken === this.#times.length) this.#grow();
    this.#times[this.#written & (this.#times.length - 1)] = this.#lastMs;
    this.#written += 1;
  }

  /** Bounded by what the caller pushes before it takes: a pipe's content at most. */
  #grow(): void {
    const old = this.#times;
    this.#times = new Float64Array(old.length * 2);
    for (let index = this.#taken; index < this.#written; index += 1) {
      this.#times[index & (this.#times.length - 1)] = old[index & (old.length - 1)] as number;
    }
  }
}
