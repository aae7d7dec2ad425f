/** A value that a Python literal can stand for. Dicts keep their keys' types. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | ReadonlyMap<PythonKey, PythonValue>;

/** Keys of a dict literal that model metadata uses. */
export type PythonKey = string | number | boolean | null;

/**
 * Reads the `repr` of a Python dict, list, tuple, string, number, `True`, `False` or `None`, as
 * `ast.literal_eval` does, without evaluating anything. JSON's objects, arrays, strings and numbers
 * are read as well.
 *
 * Grammar: The Python Language Reference, §2.4 (literals) and §6.2 (displays). Left out, because
 * no `repr` of plain data produces them: bytes, raw and triple-quoted strings, `\N{…}` escapes,
 * complex numbers, sets and implicit concatenation.
 *
 * @throws {SyntaxError} naming what was found and the position, counted in characters from 0
 *
 * @example
 * ```ts
 * parsePythonLiteral(`{0: 'person', 1: "driver's cab"}`); // Map { 0 → person, 1 → driver's cab }
 * parsePythonLiteral("[640, 640]"); // [640, 640]
 * ```
 */
export function parsePythonLiteral(text: string): PythonValue {
  const cursor: Cursor = { text, index: 0 };
  const value = parseValue(cursor, 0);
  skipSpace(cursor);
  if (cursor.index < text.length) throw unexpected(cursor, "the end");
  return value;
}

/** Deeper nesting is refused, so that no input can exhaust the stack. */
const DEPTH_MAX = 64;

interface Cursor {
  readonly text: string;
  index: number;
}

const NUMBER = /[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORD = /True|False|None|true|false|null/y;
const WORD_VALUES: Readonly<Record<string, boolean | null>> = {
  True: true,
  False: false,
  None: null,
  true: true,
  false: false,
  null: null,
};

function parseValue(cursor: Cursor, depth: number): PythonValue {
  if (depth > DEPTH_MAX) throw new SyntaxError(`nested deeper than ${DEPTH_MAX} levels`);
  skipSpace(cursor);
  switch (cursor.text[cursor.index]) {
    case "{":
      return parseDict(cursor, depth);
    case "[":
      return parseSequence(cursor, "]", depth);
    case "(":
      return parseSequence(cursor, ")", depth);
    default:
      return parseScalar(cursor);
  }
}

function parseScalar(cursor: Cursor): PythonKey {
  const first = cursor.text[cursor.index];
  if (first === "'" || first === '"') return parseString(cursor);
  const second = cursor.text[cursor.index + 1];
  if ((first === "u" || first === "U") && (second === "'" || second === '"')) {
    cursor.index++;
    return parseString(cursor);
  }
  const word = match(cursor, WORD);
  if (word !== undefined) return WORD_VALUES[word] as boolean | null;
  const digits = match(cursor, NUMBER);
  if (digits === undefined) throw unexpected(cursor, "a value");
  return Number(digits.replaceAll("_", ""));
}

function parseDict(cursor: Cursor, depth: number): ReadonlyMap<PythonKey, PythonValue> {
  const entries = new Map<PythonKey, PythonValue>();
  cursor.index++;
  while (!accept(cursor, "}")) {
    if (entries.size > 0) {
      expect(cursor, ",");
      if (accept(cursor, "}")) break;
    }
    skipSpace(cursor);
    const key = parseScalar(cursor);
    expect(cursor, ":");
    entries.set(key, parseValue(cursor, depth + 1));
  }
  return entries;
}

function parseSequence(cursor: Cursor, close: string, depth: number): readonly PythonValue[] {
  const items: PythonValue[] = [];
  cursor.index++;
  while (!accept(cursor, close)) {
    if (items.length > 0) {
      expect(cursor, ",");
      if (accept(cursor, close)) break;
    }
    items.push(parseValue(cursor, depth + 1));
  }
  return items;
}

function parseString(cursor: Cursor): string {
  const { text } = cursor;
  const start = cursor.index;
  const quote = text[start];
  let value = "";
  cursor.index++;
  for (;;) {
    const character = text[cursor.index];
    if (character === undefined || character === "\n") {
      throw new SyntaxError(`string that begins at position ${start} has no end`);
    }
    if (character === "\\") {
      value += parseEscape(cursor);
      continue;
    }
    cursor.index++;
    if (character === quote) return value;
    value += character;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "/": "/",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const OCTAL = /[0-7]{1,3}/y;
const HEXADECIMAL = /x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y;
const CODE_POINT_MAX = 0x10ffff;

function parseEscape(cursor: Cursor): string {
  const start = cursor.index;
  cursor.index++;
  const letter = cursor.text[cursor.index] ?? "";
  if (Object.hasOwn(ESCAPES, letter)) {
    cursor.index++;
    return ESCAPES[letter] as string;
  }
  const octal = match(cursor, OCTAL);
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
  const hexadecimal = match(cursor, HEXADECIMAL);
  if (hexadecimal !== undefined) {
    const codePoint = Number.parseInt(hexadecimal.slice(1), 16);
    if (codePoint <= CODE_POINT_MAX) return String.fromCodePoint(codePoint);
  }
  if (hexadecimal !== undefined || /[xuUN]/.test(letter)) {
    throw new SyntaxError(`escape \\${letter} at position ${start} is not a character`);
  }
  return "\\"; // Python keeps the backslash of an escape it does not know.
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.index;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.index += found.length;
  return found;
}

function accept(cursor: Cursor, character: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.index] !== character) return false;
  cursor.index++;
  return true;
}

function expect(cursor: Cursor, character: string): void {
  if (!accept(cursor, character)) throw unexpected(cursor, `"${character}"`);
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.index] ?? "")) cursor.index++;
}

function unexpected(cursor: Cursor, wanted: string): SyntaxError {
  const found = cursor.text[cursor.index];
  const what = found === undefined ? "the end" : JSON.stringify(found);
  return new SyntaxError(`found ${what} at position ${cursor.index} where ${wanted} should be`);
}
