import { BatchLimit } from "./batch-limit.ts";
import { batchFactor } from "./batching.ts";

/** What calls of several frames cost a device. */
export interface BatchCost {
  /** Most frames it takes in one call. Default 1. */
  readonly batch?: number;
  /** Time each further frame adds to a call, as a share of a single frame's. Default 1. */
  readonly batchCost?: number;
}

/**
 * Time of each frame of a full call, as a share of a single one's.
 *
 * @example
 * ```ts
 * fullCallShare({ batch: 4, batchCost: 0.3 }); // (1 + 3 · 0.3) / 4 = 0.475
 * ```
 */
export function fullCallShare({ batch = 1, batchCost = 1 }: BatchCost): number {
  return batchFactor({ batchCost }, batch) / batch;
}

/**
 * The same device with calls no larger than a run with this latency goal begins with.
 * @param goalMs null for the goal of a run without one
 */
export function withinGoal<T extends BatchCost & { readonly serviceMs: number }>(
  device: T,
  goalMs: number | null,
): T {
  const { batch = 1, batchCost = 1, serviceMs } = device;
  if (batch === 1) return device;
  const limit = new BatchLimit({ max: batch, batchCost, goalMs });
  limit.begin(serviceMs);
  return { ...device, batch: limit.value };
}
