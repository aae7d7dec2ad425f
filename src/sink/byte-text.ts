const CAPACITY_BYTES = 4096;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Longest number: a sign, 16 digits, a point and 4 decimals, and room to spare. */
const NUMBER_BYTES_MAX = 32;
const NS_PER_SECOND = 1e9;

/** Powers of ten, for as many decimals as are ever written. */
const SCALES = [1, 10, 100, 1000, 10_000] as const;

const encoder = new TextEncoder();
const NULL = encoder.encode("null");

/** UTF-8 of a text that will be appended often. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Text under construction, in UTF-8 bytes that are used again and again: appending makes no string
 * and no number object, which is what a line of JSON otherwise costs most in.
 */
export class ByteText {
  /** The text is `bytes[0 … length)`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Appends encoded text. HOT. */
  append(text: Uint8Array): void {
    const size = text.length;
    if (this.length + size > this.bytes.length) this.#grow(size);
    const { bytes } = this;
    let to = this.length;
    // A loop: for a few bytes, calling into the engine's copy takes longer.
    for (let from = 0; from < size; from += 1, to += 1) bytes[to] = text[from] as number;
    this.length = to;
  }

  /** Appends text seen once. */
  appendString(text: string): void {
    this.append(encoder.encode(text));
  }

  /** Appends a whole number below 2⁵³ in size. HOT. */
  appendInteger(value: number): void {
    this.appendFixed(value, 0);
  }

  /**
   * Appends a number rounded to `decimals` places, without trailing zeros; `null` where it is not
   * finite. `decimals`: 0–4. HOT.
   */
  appendFixed(value: number, decimals: number): void {
    const scale = SCALES[decimals] as number;
    const scaled = Math.round(value * scale);
    if (!Number.isFinite(scaled)) {
      this.append(NULL);
      return;
    }
    if (this.length + NUMBER_BYTES_MAX > this.bytes.length) this.#grow(NUMBER_BYTES_MAX);
    if (scaled < 0) this.#put(MINUS);
    const size = Math.abs(scaled);
    // Numbers of 31 bits, nearly all there are, divide as integers.
    if (size < 2 ** 31) this.#appendSmall(size | 0, scale | 0, decimals);
    else this.#appendLarge(size, scale, decimals);
  }

  /**
   * Appends a time of `ns` whole nanoseconds, 0 to 2⁵³, as microseconds with three decimals,
   * however long ago its clock began. HOT.
   */
  appendMicroseconds(ns: number): void {
    if (this.length + NUMBER_BYTES_MAX > this.bytes.length) this.#grow(NUMBER_BYTES_MAX);
    const seconds = Math.floor(ns / NS_PER_SECOND);
    // Below a second numbers have 31 bits, and divide as integers.
    const rest = (ns - seconds * NS_PER_SECOND) | 0;
    const micros = (rest / 1000) | 0;
    if (seconds > 0) this.#putDigits(seconds, countDigits(seconds));
    this.#putDigits(micros, seconds > 0 ? 6 : countDigits(micros));
    this.#put(POINT);
    this.#putDigits(rest - micros * 1000, 3);
  }

  #appendSmall(size: number, scale: number, decimals: number): void {
    const whole = (size / scale) | 0;
    this.#putDigits(whole, countDigits(whole));
    let fraction = (size - whole * scale) | 0;
    if (fraction === 0) return;
    let places = decimals;
    while (fraction % 10 === 0) {
      fraction = (fraction / 10) | 0;
      places -= 1;
    }
    this.#put(POINT);
    this.#putDigits(fraction, places);
  }

  /** Rare: seconds of a stream of weeks. */
  #appendLarge(size: number, scale: number, decimals: number): void {
    const whole = Math.floor(size / scale);
    const fraction = size - whole * scale;
    const digits = String(fraction).padStart(decimals, "0").replace(/0+$/, "");
    this.append(encoder.encode(fraction === 0 ? String(whole) : `${whole}.${digits}`));
  }

  #put(byte: number): void {
    this.bytes[this.length] = byte;
    this.length += 1;
  }

  /** The last `count` digits of a number of 31 bits, zeros in front. */
  #putDigits(value: number, count: number): void {
    const { bytes } = this;
    let rest = value | 0;
    for (let at = this.length + count - 1; at >= this.length; at -= 1) {
      const next = (rest / 10) | 0;
      bytes[at] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.length += count;
  }

  #grow(sizeBytes: number): void {
    const capacity = Math.max(this.length + sizeBytes, 2 * this.bytes.length);
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

function countDigits(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count += 1;
  return count;
}
