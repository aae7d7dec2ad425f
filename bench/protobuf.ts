/** Wire types of Protocol Buffers that ONNX files use. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A message of these fields. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((size, part) => size + part.length, 0));
  let end = 0;
  for (const part of fields) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

/** A field of bytes: a message, a packed list, a text. */
export function field(number: number, content: Uint8Array): Uint8Array {
  return message(varint(number * 8 + LENGTH_DELIMITED), varint(content.length), content);
}

/** A field of a whole number, not below 0. */
export function integer(number: number, value: number): Uint8Array {
  return message(varint(number * 8 + VARINT), varint(value));
}

export function text(number: number, value: string): Uint8Array {
  return field(number, new TextEncoder().encode(value));
}

/** One field of a message that was read. */
export interface Field {
  readonly number: number;
  /** What a field of bytes holds; empty for numbers. */
  readonly content: Uint8Array;
  /** The field as it stands in the message. */
  readonly whole: Uint8Array;
}

/** The fields of a message, in their order. @throws {RangeError} where it is none */
export function readFields(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [key, keyEnd] = readVarint(bytes, at);
    const [start, end] = extent(bytes, key % 8, keyEnd);
    if (end > bytes.length) throw new RangeError("a field ends behind its message");
    fields.push({
      number: Math.floor(key / 8),
      content: key % 8 === LENGTH_DELIMITED ? bytes.subarray(start, end) : new Uint8Array(0),
      whole: bytes.subarray(at, end),
    });
    at = end;
  }
  return fields;
}

/** A message with each field replaced by what `change` makes of it; null takes it out. */
export function mapFields(
  bytes: Uint8Array,
  change: (field: Field) => Uint8Array | null,
): Uint8Array {
  return message(...readFields(bytes).flatMap((each) => change(each) ?? []));
}

/** Where a value of this wire type begins and ends. */
function extent(bytes: Uint8Array, wireType: number, at: number): [start: number, end: number] {
  switch (wireType) {
    case VARINT:
      return [at, readVarint(bytes, at)[1]];
    case FIXED_64:
      return [at, at + 8];
    case FIXED_32:
      return [at, at + 4];
    case LENGTH_DELIMITED: {
      const [length, start] = readVarint(bytes, at);
      return [start, start + length];
    }
    default:
      throw new RangeError(`wire type ${wireType} is unknown`);
  }
}

/** Values beyond 2^53, such as negative ones, come back rounded: only their length counts here. */
function readVarint(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let index = at, scale = 1; index < bytes.length; index += 1, scale *= 0x80) {
    const byte = bytes[index] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, index + 1];
  }
  throw new RangeError("a number does not end");
}

/** Seven bits a byte, low ones first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
