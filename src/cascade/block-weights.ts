import type { DifferenceLevel } from "./types.ts";

/** Pairs of frames, as the blocks' mean squared errors between them and what became of the answer. */
export interface BlockExamples {
  /** f32 `[n, 100]`: one row of block errors a pair, squared grey levels. */
  readonly errors: Float32Array;
  /** u8 `[n]`: 1 where the answers of the two frames differ. */
  readonly changed: Uint8Array;
}

export interface BlockWeightOptions {
  /** Strength of the pull towards zero, per example; default 1e-3. */
  readonly ridge?: number;
  /** Passes over the examples at most; default 300. */
  readonly iterationCountMax?: number;
}

/** Blocks of a 10×10 grid. */
const BLOCK_COUNT = 100;
const RIDGE = 1e-3;
const ITERATION_COUNT_MAX = 300;
/** Steps end once the slope's every part is below it. */
const SLOPE_MIN = 1e-6;

/**
 * Learns how much each block's error says about whether the answer has changed, by logistic
 * regression: the difference is then the logit of the probability of a change, as in NoScope (Kang
 * et al. 2017, section 5).
 *
 * Examples of both outcomes weigh the same in all, however rare one is. Errors are scaled to unit
 * mean square for the search and the weights scaled back. The search is accelerated gradient descent
 * (Nesterov 1983) with the step the loss' curvature allows, restarted where it overshoots
 * (O'Donoghue and Candès 2015): no randomness, so the same examples give the same weights.
 *
 * @returns null where every pair has the same outcome: there is nothing to learn
 * @throws {RangeError} where the arrays do not fit
 *
 * @example
 * ```ts
 * const blocks = learnBlockWeights({ errors, changed });
 * const difference = new Difference({ side: 50, blocks });
 * ```
 */
export function learnBlockWeights(
  { errors, changed }: BlockExamples,
  options: BlockWeightOptions = {},
): DifferenceLevel["blocks"] {
  const count = changed.length;
  if (errors.length !== count * BLOCK_COUNT) {
    throw new RangeError(`${count} pairs have ${count * BLOCK_COUNT} errors, not ${errors.length}`);
  }
  const changedCount = changed.reduce((sum, value) => sum + value, 0);
  if (changedCount === 0 || changedCount === count) return null;
  const scales = scalesOf(errors, count);
  const problem: Problem = {
    features: errors.map((error, at) => error * (scales[at % BLOCK_COUNT] as number)),
    changed,
    shareOf: [0.5 / (count - changedCount), 0.5 / changedCount],
    ridge: options.ridge ?? RIDGE,
  };
  const found = descend(problem, options.iterationCountMax ?? ITERATION_COUNT_MAX);
  const weights = new Float32Array(BLOCK_COUNT);
  for (let block = 0; block < BLOCK_COUNT; block += 1) {
    weights[block] = (found[block] as number) * (scales[block] as number);
  }
  return { weights, bias: found[BLOCK_COUNT] as number };
}

interface Problem {
  /** f32 `[n, 100]`, of unit mean square. */
  readonly features: Float32Array;
  readonly changed: Uint8Array;
  /** What an example of either outcome weighs; all of them weigh 1. */
  readonly shareOf: readonly [unchanged: number, changed: number];
  readonly ridge: number;
}

/** What errors of each block are multiplied by; 0 for a block that never differs. */
function scalesOf(errors: Float32Array, count: number): Float64Array {
  const squares = new Float64Array(BLOCK_COUNT);
  for (let at = 0; at < errors.length; at += 1) {
    squares[at % BLOCK_COUNT] = (squares[at % BLOCK_COUNT] as number) + (errors[at] as number) ** 2;
  }
  return squares.map((square) => (square === 0 ? 0 : Math.sqrt(count / square)));
}

/** Weights of the features, then the bias. */
function descend(problem: Problem, iterationCountMax: number): Float64Array {
  const step = 1 / curvatureBound(problem);
  let weights = new Float64Array(BLOCK_COUNT + 1);
  let ahead = weights.slice();
  let momentum = 1;
  const slope = new Float64Array(BLOCK_COUNT + 1);
  for (let iteration = 0; iteration < iterationCountMax; iteration += 1) {
    writeSlope(problem, ahead, slope);
    if (slope.every((part) => Math.abs(part) < SLOPE_MIN)) break;
    const next = ahead.map((weight, at) => weight - step * (slope[at] as number));
    const uphill = slope.reduce(
      (sum, part, at) => sum + part * ((next[at] as number) - (weights[at] as number)),
      0,
    );
    const grown = uphill > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
    const carried = uphill > 0 ? 0 : (momentum - 1) / grown;
    const before = weights;
    ahead = next.map((weight, at) => weight + carried * (weight - (before[at] as number)));
    weights = next;
    momentum = grown;
  }
  return weights;
}

/**
 * Largest curvature there can be: a quarter of the features' weighted second moment, whose largest
 * eigenvalue is at most its trace.
 */
function curvatureBound({ features, changed, shareOf, ridge }: Problem): number {
  let trace = 0;
  for (let at = 0; at < features.length; at += 1) {
    const share = shareOf[changed[Math.floor(at / BLOCK_COUNT)] === 1 ? 1 : 0];
    trace += share * (features[at] as number) ** 2;
  }
  return (trace + 1) / 4 + ridge;
}

function writeSlope(problem: Problem, weights: Float64Array, slope: Float64Array): void {
  const { features, changed, shareOf, ridge } = problem;
  for (let at = 0; at < BLOCK_COUNT; at += 1) slope[at] = ridge * (weights[at] as number);
  slope[BLOCK_COUNT] = 0;
  for (let example = 0; example < changed.length; example += 1) {
    const start = example * BLOCK_COUNT;
    let logit = weights[BLOCK_COUNT] as number;
    for (let at = 0; at < BLOCK_COUNT; at += 1) {
      logit += (weights[at] as number) * (features[start + at] as number);
    }
    const outcome = changed[example] === 1 ? 1 : 0;
    const pull = shareOf[outcome] * (1 / (1 + Math.exp(-logit)) - outcome);
    for (let at = 0; at < BLOCK_COUNT; at += 1) {
      slope[at] = (slope[at] as number) + pull * (features[start + at] as number);
    }
    slope[BLOCK_COUNT] = (slope[BLOCK_COUNT] as number) + pull;
  }
}
