import { expect, test } from "bun:test";
import { mulberry32 } from "../src/random.ts";

/** Mulberry32 in 64-bit integers, after the C source of its author. */
function reference(seed: bigint): () => number {
  const mask = 0xffffffffn;
  let state = seed & mask;
  return () => {
    state = (state + 0x6d2b79f5n) & mask;
    let z = state;
    z = ((z ^ (z >> 15n)) * (z | 1n)) & mask;
    z ^= (z + (((z ^ (z >> 7n)) * (z | 61n)) & mask)) & mask;
    return Number((z ^ (z >> 14n)) & mask) / 2 ** 32;
  };
}

test("mulberry32() is the C source's sequence", () => {
  for (const seed of [0, 1, 42, 0xdeadbeef]) {
    const numbers = mulberry32(seed);
    const expected = reference(BigInt(seed));
    for (let index = 0; index < 1000; index++) expect(numbers()).toBe(expected());
  }
});

test("mulberry32() is uniform in [0, 1)", () => {
  const next = mulberry32(7);
  const bins = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index++) {
    const value = next();
    expect(value >= 0 && value < 1).toBe(true);
    bins[Math.floor(value * 10)] = (bins[Math.floor(value * 10)] as number) + 1;
  }
  // Binomial: 10,000 each, standard deviation 95; 5 of them are allowed.
  for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(475);
});
