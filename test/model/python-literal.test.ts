import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parsePythonLiteral } from "../../src/model/python-literal.ts";

/** Python's `repr` of a string, written from its documentation, not from the parser. */
function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = "";
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (character === "\\" || character === quote) body += `\\${character}`;
    else if (character === "\n") body += "\\n";
    else if (character === "\r") body += "\\r";
    else if (character === "\t") body += "\\t";
    else if (code < 0x20 || code === 0x7f) body += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code >= 0xd800 && code <= 0xdfff) body += `\\u${code.toString(16)}`;
    else if (code > 0xffff) body += `\\U${code.toString(16).padStart(8, "0")}`;
    else body += character;
  }
  return `${quote}${body}${quote}`;
}

describe("parsePythonLiteral()", () => {
  test.each<[string, unknown]>([
    [
      "{0: 'person', 1: 'car'}",
      new Map([
        [0, "person"],
        [1, "car"],
      ]),
    ],
    [`["driver's cab", 'a "b"']`, ["driver's cab", 'a "b"']],
    ["('a',)", ["a"]],
    ["()", []],
    ["[640, 640]", [640, 640]],
    ["{'a': {'b': [True, False, None]}}", new Map([["a", new Map([["b", [true, false, null]]])]])],
    ["-1.5e3", -1500],
    ["1_000", 1000],
    [String.raw`'caf\xe9 \u4e2d \U0001F600 \101'`, "café 中 😀 A"],
    [String.raw`'it\'s \\ \n'`, "it's \\ \n"],
    [String.raw`'\q'`, "\\q"],
    ["u'x'", "x"],
    [" { 'a' : 1 , } ", new Map([["a", 1]])],
    [
      '{"0": "person", "1": "car"}',
      new Map([
        ["0", "person"],
        ["1", "car"],
      ]),
    ],
    ['["\\ud83d\\ude00"]', ["😀"]],
  ])("reads %s", (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value as never);
  });

  test.each<[string, string]>([
    ["", "found the end at position 0 where a value should be"],
    ["{0: 'a'", 'found the end at position 7 where "," should be'],
    ["{0 'a'}", `found "'" at position 3 where ":" should be`],
    ["['a' 'b']", `found "'" at position 5 where "," should be`],
    ["['a']x", 'found "x" at position 5 where the end should be'],
    ["['a", "string that begins at position 1 has no end"],
    ["'a\nb'", "string that begins at position 0 has no end"],
    ["{[1]: 2}", 'found "[" at position 1 where a value should be'],
    ["__import__('os')", 'found "_" at position 0 where a value should be'],
    [String.raw`'\xg1'`, String.raw`escape \x at position 1 is not a character`],
    [String.raw`'\U00110000'`, String.raw`escape \U at position 1 is not a character`],
    [String.raw`'\N{DASH}'`, String.raw`escape \N at position 1 is not a character`],
    ["[".repeat(100), "nested deeper than 64 levels"],
  ])("refuses %j, saying where", (text, message) => {
    expect(() => parsePythonLiteral(text)).toThrow(new SyntaxError(message));
  });

  test("gives back any list of strings from its repr", () => {
    const texts = fc.array(fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(texts, (names) => {
        const repr = `[${names.map(pythonRepr).join(", ")}]`;
        expect(parsePythonLiteral(repr)).toEqual(names);
      }),
    );
  });

  test("gives back any dict of names from its repr", () => {
    const names = fc.dictionary(fc.nat().map(String), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(names, (byId) => {
        const entries = Object.entries(byId);
        const repr = `{${entries.map(([id, name]) => `${id}: ${pythonRepr(name)}`).join(", ")}}`;
        expect(parsePythonLiteral(repr)).toEqual(
          new Map(entries.map(([id, name]) => [Number(id), name])),
        );
      }),
    );
  });

  test("reads JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean())), (value) => {
        expect(parsePythonLiteral(JSON.stringify(value))).toEqual(value);
      }),
    );
  });

  test("throws nothing but a SyntaxError, whatever it is given", () => {
    const scraps = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      "(",
      ":",
      ",",
      "'",
      '"',
      "\\",
      "x4",
      "1",
      " ",
    );
    const soup = fc.array(fc.oneof(scraps, fc.string({ unit: "binary", maxLength: 3 })));
    fc.assert(
      fc.property(soup, (parts) => {
        try {
          parsePythonLiteral(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
