import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteText, utf8 } from "../../src/sink/byte-text.ts";

const written = (write: (text: ByteText) => void): string => {
  const text = new ByteText();
  write(text);
  return text.bytes.toString("utf8", 0, text.length);
};
const fixed = (value: number, decimals: number): string =>
  written((text) => text.appendFixed(value, decimals));

describe("ByteText.appendFixed()", () => {
  test("rounds, and leaves out zeros at the end", () => {
    expect([fixed(960, 3), fixed(33.366_67, 3), fixed(2.5, 2), fixed(0.0101, 4)]).toEqual([
      "960",
      "33.367",
      "2.5",
      "0.0101",
    ]);
    expect([fixed(-1.005_1, 2), fixed(-0.001, 2), fixed(0, 4), fixed(9.999, 2)]).toEqual([
      "-1.01",
      "0",
      "0",
      "10",
    ]);
  });

  test("numbers beyond 31 bits keep every digit", () => {
    expect([fixed(1_234_567_890.125, 3), fixed(2 ** 53 - 1, 0), fixed(1e10 + 0.05, 2)]).toEqual([
      "1234567890.125",
      "9007199254740991",
      "10000000000.05",
    ]);
  });

  test("what JSON cannot say is null", () => {
    expect([NaN, Infinity, -Infinity].map((value) => fixed(value, 2))).toEqual([
      "null",
      "null",
      "null",
    ]);
  });

  test("writes what JSON.stringify writes for the rounded number", () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 4 }), (number, decimals) => {
        const scale = 10 ** decimals;
        const rounded = Math.round(number * scale) / scale;
        expect(fixed(number, decimals)).toBe(JSON.stringify(rounded));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("ByteText", () => {
  test("grows over its first capacity and keeps what it holds", () => {
    const piece = utf8("äb");
    const text = written((into) => {
      for (let count = 0; count < 5000; count += 1) into.append(piece);
      into.appendString("€");
      into.appendInteger(7);
    });
    expect(text).toBe(`${"äb".repeat(5000)}€7`);
  });

  test("clear() starts anew", () => {
    const text = written((into) => {
      into.appendInteger(123_456);
      into.clear();
      into.appendInteger(7);
    });
    expect(text).toBe("7");
  });
});

describe("ByteText.appendMicroseconds()", () => {
  const micros = (ns: number): string => written((text) => text.appendMicroseconds(ns));

  test("takes whole nanoseconds, of a moment or of a month", () => {
    expect([micros(0), micros(1), micros(1000), micros(999_999_999)]).toEqual([
      "0.000",
      "0.001",
      "1.000",
      "999999.999",
    ]);
    expect([micros(1e9), micros(60_000_000_001), micros(3_155_760_012_345_678)]).toEqual([
      "1000000.000",
      "60000000.001",
      "3155760012345.678",
    ]);
  });

  test("says every number as it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (ns) => {
        const digits = String(ns).padStart(4, "0");
        expect(micros(ns)).toBe(`${digits.slice(0, -3)}.${digits.slice(-3)}`);
      }),
    );
  });
});
