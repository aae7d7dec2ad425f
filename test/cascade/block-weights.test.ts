import { expect, test } from "bun:test";
import { learnBlockWeights } from "../../src/cascade/block-weights.ts";

const BLOCK_COUNT = 100;

/** Seeded numbers from 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function auc(scores: readonly number[], changed: Uint8Array): number {
  let wins = 0;
  let pairs = 0;
  for (const [i, high] of scores.entries()) {
    for (const [j, low] of scores.entries()) {
      if (changed[i] !== 1 || changed[j] !== 0) continue;
      pairs += 1;
      wins += high > low ? 1 : high === low ? 0.5 : 0;
    }
  }
  return wins / pairs;
}

/** A tree waves in blocks 0–49 all day; people walk through blocks 90–94 now and then. */
function scene(seed: number, count: number): { errors: Float32Array; changed: Uint8Array } {
  const random = randomOf(seed);
  const errors = new Float32Array(count * BLOCK_COUNT);
  const changed = new Uint8Array(count);
  for (let pair = 0; pair < count; pair += 1) {
    changed[pair] = random() < 0.1 ? 1 : 0;
    for (let block = 0; block < BLOCK_COUNT; block += 1) {
      const waving = block < 50 ? 200 * random() : 0;
      const walking = changed[pair] === 1 && block >= 90 && block < 95 ? 60 * random() : 0;
      errors[pair * BLOCK_COUNT + block] = 2 * random() + waving + walking;
    }
  }
  return { errors, changed };
}

test("learnBlockWeights() hears the blocks that matter through a waving tree", () => {
  const learned = learnBlockWeights(scene(1, 600));
  const { errors, changed } = scene(2, 600);
  const blocked: number[] = [];
  const global: number[] = [];
  for (let pair = 0; pair < changed.length; pair += 1) {
    const row = errors.subarray(pair * BLOCK_COUNT, (pair + 1) * BLOCK_COUNT);
    global.push(row.reduce((sum, error) => sum + error, 0));
    const weighted = row.reduce((sum, error, at) => sum + error * (learned?.weights[at] ?? 0), 0);
    blocked.push(weighted + (learned?.bias ?? 0));
  }
  expect(auc(blocked, changed)).toBeGreaterThan(0.98);
  expect(auc(global, changed)).toBeLessThan(0.75);
});

test("learnBlockWeights() finds the optimum of a problem solved by hand", () => {
  // One block, errors 0 (three of four unchanged) and 1 (one of four unchanged), others silent. The
  // outcomes are balanced, so the logits are ln(1 / 3) at 0 and ln 3 at 1.
  const errors = new Float32Array(8 * BLOCK_COUNT);
  for (const pair of [4, 5, 6, 7]) errors[pair * BLOCK_COUNT + 37] = 1;
  const changed = Uint8Array.of(0, 0, 0, 1, 0, 1, 1, 1);
  const found = learnBlockWeights({ errors, changed }, { ridge: 0, iterationCountMax: 20_000 });
  expect(found?.bias).toBeCloseTo(-Math.log(3), 4);
  expect(found?.weights[37]).toBeCloseTo(2 * Math.log(3), 4);
  expect(found?.weights.filter((weight) => weight !== 0)).toHaveLength(1);
});

test("learnBlockWeights() counts rare and common outcomes the same in all", () => {
  // Nothing but the bias can learn: with either outcome weighing a half, the logit is 0.
  const errors = new Float32Array(100 * BLOCK_COUNT);
  const changed = new Uint8Array(100);
  changed[3] = 1;
  expect(learnBlockWeights({ errors, changed })?.bias).toBeCloseTo(0, 6);
});

test("learnBlockWeights() gives the same weights for the same examples", () => {
  expect(learnBlockWeights(scene(5, 200))).toEqual(learnBlockWeights(scene(5, 200)));
});

test("learnBlockWeights() has nothing to learn where every answer stayed, or every one changed", () => {
  const errors = new Float32Array(4 * BLOCK_COUNT);
  expect(learnBlockWeights({ errors, changed: new Uint8Array(4) })).toBeNull();
  expect(learnBlockWeights({ errors, changed: new Uint8Array(4).fill(1) })).toBeNull();
  expect(() => learnBlockWeights({ errors, changed: new Uint8Array(3) })).toThrow(
    new RangeError("3 pairs have 300 errors, not 400"),
  );
});
