import { mulberry32 } from "../random.ts";
import type { Scheduler, ScheduleState } from "./scheduler.ts";
import { checkWeights } from "./weights.ts";

/** Longest cycle a list of weights is rounded to. */
const CYCLE_LENGTH_MAX = 1000;

export interface WeightedOptions {
  /** Share of each device, in any unit, such as `[7, 3, 1]`. */
  readonly weights: readonly number[];
  /** Seed of the one shuffle. */
  readonly seed?: number;
}

/**
 * Shuffled weighted round robin: a list that holds each device as often as its weight says,
 * shuffled once and then cycled; every frame is assigned on entering. Throughput is
 * `Σw / max(wᵢ·Tᵢ)`: right shares reach the sum of all devices, wrong ones wait for the slowest.
 *
 * @throws {RangeError} where a weight is no positive number
 */
export function weighted(options: WeightedOptions): Scheduler {
  const cycle = shuffle(cycleOf(options.weights), mulberry32(options.seed ?? 1));
  let position = 0;
  return {
    name: "weighted",
    enter(state: ScheduleState): number {
      // A device that has gone is passed over; its share falls to the others.
      for (let tried = 0; tried < cycle.length; tried += 1) {
        const device = cycle[position] as number;
        position = position + 1 === cycle.length ? 0 : position + 1;
        if (state.devices[device]?.alive === true) return device;
      }
      return -1;
    },
    next: () => 0,
  };
}

/** Each device's index as often as its weight, in whole numbers of the least size. */
export function cycleOf(weights: readonly number[]): number[] {
  const counts = smallestCounts(checkWeights(weights));
  return counts.flatMap((count, device) => new Array<number>(count).fill(device));
}

/** Whole numbers in the ratio of the weights, to within half a percent of the smallest. */
function smallestCounts(weights: readonly number[]): number[] {
  const smallest = Math.min(...weights);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  for (let scale = 1; (scale * sum) / smallest <= CYCLE_LENGTH_MAX; scale += 1) {
    const exact = weights.map((weight) => (weight / smallest) * scale);
    if (exact.every((count) => Math.abs(count - Math.round(count)) <= 0.005 * count)) {
      return exact.map(Math.round);
    }
  }
  return weights.map((weight) => Math.max(1, Math.round((weight / sum) * CYCLE_LENGTH_MAX)));
}

/** Fisher and Yates' shuffle, in place. */
function shuffle(list: number[], random: () => number): number[] {
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const kept = list[index] as number;
    list[index] = list[other] as number;
    list[other] = kept;
  }
  return list;
}
