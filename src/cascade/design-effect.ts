import { studentQuantile } from "./beta.ts";
import type { ErrorSequence } from "./bounds.ts";
import { extremalIndex } from "./extremal-index.ts";

/** Blocks that a span is cut into at least: correlation over longer times cannot be seen. */
const BLOCK_COUNT_MIN = 32;
/** Student's t is the normal distribution, to a thousandth. */
const DEGREES_MANY = 1000;
/** Fewer marks do not tell whether they come one by one. */
const MARKED_MIN = 3;

/** What the frames of a span are worth together. */
export interface EffectiveTrials {
  readonly trials: number;
  readonly errors: number;
  /** Independent trials that would say as much, above 0 where there are trials. */
  readonly effective: number;
  /** Separate stretches of frames that count. */
  readonly runs: number;
}

/**
 * Effective sample size of frames whose errors are correlated in time: the fewer of
 *
 * - trials over the mean number of near errors that come together (`extremalIndex`). It says how many
 *   bunches of errors the span had room for, so how improbable it is that none, or few, were seen;
 * - trials over the design effect of the errors themselves (see `leastEffective`), where there are
 *   enough to have one.
 *
 * Where there are neither, nothing is known of how errors would bunch: then they may take whole
 * appearances (of the object, or of its absence), and each of those is one trial.
 */
export function effectiveTrials(sequence: ErrorSequence, confidence: number): EffectiveTrials {
  const { wrong, nearlyWrong } = sequence;
  const trials = sum(sequence.trials);
  const errors = sum(wrong);
  const runs = countRuns(sequence.trials);
  if (trials === 0) return { trials, errors, effective: 0, runs };
  const tells = (marked: Uint8Array): boolean => {
    const count = sum(marked);
    return count >= MARKED_MIN && count < trials;
  };
  const estimates: number[] = [];
  if (nearlyWrong !== null && tells(nearlyWrong)) {
    estimates.push(trials * cautiousIndex(sequence.trials, nearlyWrong));
  }
  if (tells(wrong)) estimates.push(leastEffective(sequence.trials, wrong, confidence));
  const effective = estimates.length === 0 ? runs : Math.min(...estimates);
  return { trials, errors, effective: Math.max(1, effective), runs };
}

/** The extremal index, less half the standard error of a count of so many bunches. */
function cautiousIndex(trials: Uint8Array, marked: Uint8Array): number {
  const index = extremalIndex(trials, marked);
  const bunches = Math.max(1, index * sum(marked));
  return index * (1 - 0.5 / Math.sqrt(bunches));
}

/**
 * The fewest effective trials over all block lengths. The span is cut into blocks of 1, 2, 4 … frames,
 * up to a thirty-second part of it. For each length the variance between blocks gives a design
 * effect (Kish, "Survey Sampling", 1965, §8.2, with Taylor's linearisation for blocks that hold
 * unequal numbers of trials), lessened by what few blocks can say (Student's t, Korn and Graubard,
 * 1998).
 */
function leastEffective(trials: Uint8Array, marked: Uint8Array, confidence: number): number {
  const lengthMax = Math.max(1, Math.floor(trials.length / BLOCK_COUNT_MIN));
  let least = Number.POSITIVE_INFINITY;
  const total = sum(trials);
  const rate = sum(marked) / total;
  const manyBlocks = quantileOf(confidence, DEGREES_MANY);
  let blockSums: BlockSums = { trials, marked };
  for (let length = 1; length <= lengthMax; length *= 2) {
    if (length > 1) blockSums = pairUp(blockSums);
    const { blocks, squares } = varyBetween(blockSums, rate);
    if (blocks < 2) return 1;
    const variance = ((blocks / (blocks - 1)) * squares) / total ** 2;
    const effect = Math.max(1, variance / ((rate * (1 - rate)) / total));
    const fewBlocks = manyBlocks / quantileOf(confidence, Math.min(blocks - 1, DEGREES_MANY));
    least = Math.min(least, (total / effect) * fewBlocks ** 2);
  }
  return least;
}

/** Quantiles that have been asked for: they take longer than the sums they are compared with. */
const known = new Map<string, number>();

function quantileOf(confidence: number, degrees: number): number {
  const key = `${confidence} ${degrees}`;
  const quantile = known.get(key) ?? studentQuantile(confidence, degrees);
  known.set(key, quantile);
  return quantile;
}

/** What blocks of one length hold, one after the other. */
interface BlockSums {
  readonly trials: Uint8Array | Uint32Array;
  readonly marked: Uint8Array | Uint32Array;
}

/** Blocks of twice the length. */
function pairUp({ trials, marked }: BlockSums): BlockSums {
  const count = Math.ceil(trials.length / 2);
  const pairs = { trials: new Uint32Array(count), marked: new Uint32Array(count) };
  for (let block = 0; block < trials.length; block += 1) {
    const pair = block >> 1;
    pairs.trials[pair] = (pairs.trials[pair] as number) + (trials[block] as number);
    pairs.marked[pair] = (pairs.marked[pair] as number) + (marked[block] as number);
  }
  return pairs;
}

/**
 * Blocks that hold trials, and the squares of what they hold more or less than expected.
 * @param rate share of the trials that is marked
 */
function varyBetween(
  { trials, marked }: BlockSums,
  rate: number,
): { readonly blocks: number; readonly squares: number } {
  let blocks = 0;
  let squares = 0;
  for (let block = 0; block < trials.length; block += 1) {
    const count = trials[block] as number;
    if (count === 0) continue;
    blocks += 1;
    squares += ((marked[block] as number) - rate * count) ** 2;
  }
  return { blocks, squares };
}

function countRuns(marks: Uint8Array): number {
  let runs = 0;
  for (let frame = 0; frame < marks.length; frame += 1) {
    if (marks[frame] === 1 && marks[frame - 1] !== 1) runs += 1;
  }
  return runs;
}

function sum(marks: Uint8Array): number {
  let total = 0;
  for (let frame = 0; frame < marks.length; frame += 1) total += marks[frame] as number;
  return total;
}
