import { describe, expect, test } from "bun:test";
import { extremalIndex } from "../../src/cascade/extremal-index.ts";
import { mulberry32 } from "../../src/random.ts";

const all = (length: number): Uint8Array => new Uint8Array(length).fill(1);

function marks(length: number, places: readonly number[]): Uint8Array {
  const marked = new Uint8Array(length);
  for (const place of places) marked[place] = 1;
  return marked;
}

describe("extremalIndex()", () => {
  test("is the estimator of Ferro and Segers, worked by hand", () => {
    // Intervals 1, 5 and, over the end, 4. Less one: 0, 4, 3; 2·7² / 3·(0 + 4·3 + 3·2).
    expect(extremalIndex(all(10), marks(10, [2, 3, 8]))).toBeCloseTo(Math.min(1, 98 / 54), 12);
    // Two fours in 40: 1, 1, 1, 17, 1, 1, 1, 17. 2·32² / 8·(2·16·15).
    const fours = marks(40, [3, 4, 5, 6, 23, 24, 25, 26]);
    expect(extremalIndex(all(40), fours)).toBeCloseTo(2048 / 3840, 12);
    // No interval above 2: 2·(1 + 2 + 2)² / 3·(1 + 4 + 4), which is above 1.
    expect(extremalIndex(all(5), marks(5, [0, 1, 3]))).toBe(1);
  });

  test("one bunch alone is one, wherever it lies", () => {
    const bunch = Array.from({ length: 20 }, (_, index) => index);
    for (const first of [0, 400, 980]) {
      const index = extremalIndex(
        all(1000),
        marks(
          1000,
          bunch.map((place) => first + place),
        ),
      );
      // 2·980² / 20·(980·979): a tenth, two bunches of ten at worst.
      expect(index).toBeCloseTo((2 * 980) / (20 * 979), 12);
    }
  });

  test.each([1, 4, 16])("bunches of %d have its reciprocal", (size) => {
    const random = mulberry32(size);
    const marked = new Uint8Array(400_000);
    for (let first = 0; first < marked.length; first += 16) {
      if (random() < 1 / 50) marked.fill(1, first, first + size);
    }
    expect(size * extremalIndex(all(marked.length), marked)).toBeGreaterThan(0.93);
    expect(size * extremalIndex(all(marked.length), marked)).toBeLessThan(1.07);
  });

  test("only trials count as time", () => {
    const trials = marks(1000, [10, 11, 12, 500, 501, 900, 901, 902, 903, 904]);
    const marked = marks(1000, [12, 500, 902]);
    // Places 2, 3 and 7 of ten, as in the first of those by hand: 1, 4 and 5.
    expect(extremalIndex(trials, marked)).toBe(extremalIndex(all(10), marks(10, [2, 3, 7])));
  });

  test("refuses to speak of marks that are none", () => {
    expect(() => extremalIndex(all(10), marks(10, []))).toThrow(RangeError);
  });
});
