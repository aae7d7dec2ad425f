import type { Scheduler } from "./scheduler.ts";

/**
 * Greedy pull: the oldest waiting frame goes to any device that is free. Full throughput at any mix
 * of speeds; a slow device that takes a frame late makes the frames behind it wait for their turn.
 */
export function pull(): Scheduler {
  return { name: "pull", enter: () => -1, next: () => 0 };
}
