import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** One field of a message as it stands in the file. */
export interface Field {
  /** Field number of the message's definition. */
  readonly no: number;
  readonly type: WireType;
  /** The value's bytes, without tag and, where it has one, without length. A view, not a copy. */
  readonly bytes: Uint8Array;
}

/** Made once: it takes longer to make than a name to decode. */
const TEXT = new TextDecoder();

/**
 * Fields of one message at most: a graph has some ten thousand nodes. Each field read takes many
 * times its two bytes, so a damaged file of zeros would take all memory there is.
 */
const FIELD_COUNT_MAX = 1_000_000;

/**
 * The fields of a Protocol Buffers message, in their order. What a caller does not know, it passes
 * on as it is: nothing is lost by reading and writing a message.
 *
 * @throws {Error} where the bytes are no message, or one of more than a million fields
 */
export function readFields(message: Uint8Array): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const [no, type] = reader.tag();
    if (fields.length === FIELD_COUNT_MAX) throw new Error(`more than ${FIELD_COUNT_MAX} fields`);
    if (type === WireType.LengthDelimited) {
      fields.push({ no, type, bytes: reader.bytes() });
    } else {
      const start = reader.pos;
      reader.skip(type);
      fields.push({ no, type, bytes: message.subarray(start, reader.pos) });
    }
  }
  return fields;
}

/** The message these fields make. */
export function writeFields(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { no, type, bytes } of fields) {
    writer.tag(no, type);
    if (type === WireType.LengthDelimited) writer.bytes(bytes);
    else writer.raw(bytes);
  }
  return writer.finish();
}

/** A field that holds a message, text or bytes. */
export function bytesField(no: number, bytes: Uint8Array): Field {
  return { no, type: WireType.LengthDelimited, bytes };
}

/** A field that holds a text. */
export function textField(no: number, text: string): Field {
  return bytesField(no, new TextEncoder().encode(text));
}

/** A field that holds a whole number. */
export function intField(no: number, value: number): Field {
  return { no, type: WireType.Varint, bytes: new BinaryWriter().int64(value).finish() };
}

/** A field that holds a `float`. */
export function floatField(no: number, value: number): Field {
  return { no, type: WireType.Bit32, bytes: new BinaryWriter().float(value).finish() };
}

/** Values of a field that holds messages, texts or bytes. */
export function bytesOf(fields: readonly Field[], no: number): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (const field of fields) if (field.no === no) values.push(field.bytes);
  return values;
}

/** The value of a field, of several the last; undefined where it is not set. */
export function lastBytes(fields: readonly Field[], no: number): Uint8Array | undefined {
  return fields.findLast((field) => field.no === no)?.bytes;
}

/** Texts of a repeated field. */
export function textsOf(fields: readonly Field[], no: number): string[] {
  return bytesOf(fields, no).map((bytes) => TEXT.decode(bytes));
}

/** The text of a field; `""` where it is not set. */
export function textOf(fields: readonly Field[], no: number): string {
  const bytes = lastBytes(fields, no);
  return bytes === undefined ? "" : TEXT.decode(bytes);
}

/** The message a field holds; no fields where it is not set. */
export function fieldsOf(fields: readonly Field[], no: number): readonly Field[] {
  const bytes = lastBytes(fields, no);
  return bytes === undefined ? [] : readFields(bytes);
}

/** A field that holds a `float` or a `double`; undefined where it is not set. */
export function realOf(fields: readonly Field[], no: number): number | undefined {
  const field = fields.findLast((each) => each.no === no);
  if (field === undefined) return undefined;
  const reader = new BinaryReader(field.bytes);
  if (field.type === WireType.Bit32) return reader.float();
  return field.type === WireType.Bit64 ? reader.double() : undefined;
}

/** A field that is a `map` from texts to messages: the messages' bytes by their keys. */
export function mapOf(fields: readonly Field[], no: number): ReadonlyMap<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  for (const field of fields) {
    if (field.no !== no) continue;
    const entry = readFields(field.bytes);
    entries.set(textOf(entry, 1), lastBytes(entry, 2) ?? new Uint8Array());
  }
  return entries;
}

/** Whole numbers of a repeated field, packed or not. */
export function bigintsOf(fields: readonly Field[], no: number): bigint[] {
  const values: bigint[] = [];
  for (const field of fields) {
    if (field.no !== no || !holdsVarints(field)) continue;
    // A byte alone is its value, as most numbers are.
    if (field.bytes.length === 1 && (field.bytes[0] as number) < 0x80) {
      values.push(BigInt(field.bytes[0] as number));
      continue;
    }
    const reader = new BinaryReader(field.bytes);
    while (reader.pos < reader.len) values.push(BigInt(reader.int64()));
  }
  return values;
}

/**
 * The same as numbers. Those beyond ±2⁵³, such as the `INT64_MAX` that means "to the end", are
 * rounded.
 */
export function intsOf(fields: readonly Field[], no: number): number[] {
  return bigintsOf(fields, no).map(Number);
}

/** The whole number of a field; `missing` where it is not set. */
export function intOf(fields: readonly Field[], no: number, missing = 0): number {
  const field = fields.findLast((each) => each.no === no);
  return field === undefined ? missing : (intsOf([field], no).at(-1) ?? missing);
}

function holdsVarints({ type }: Field): boolean {
  return type === WireType.Varint || type === WireType.LengthDelimited;
}
