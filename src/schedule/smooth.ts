import type { Scheduler, ScheduleState } from "./scheduler.ts";
import { checkWeights } from "./weights.ts";

export interface SmoothOptions {
  /** Share of each device, in any unit, such as `[5, 2, 1]`. */
  readonly weights: readonly number[];
  /** Whether shares follow devices that become slower or quicker. Default false. */
  readonly follows?: boolean;
}

/**
 * Smooth weighted round robin, as nginx balances its upstreams (`ngx_http_upstream_round_robin`):
 * every device gains its weight in credit with each frame; the one with the most takes the frame
 * and pays the sum of all weights. Shares are those of `weighted`, and each device's frames are
 * spread as evenly as they can be: `5:2:1` gives a b a a c a b a. Where shares follow, the weight
 * of a device that has become twice as slow is half as much.
 *
 * @throws {RangeError} where a weight is no positive number
 */
export function smooth(options: SmoothOptions): Scheduler {
  const weights = Float64Array.from(checkWeights(options.weights));
  const follows = options.follows ?? false;
  const credits = new Float64Array(weights.length);
  return {
    name: "smooth",
    enter({ devices }: ScheduleState): number {
      let sum = 0;
      let chosen = -1;
      // A device that has gone neither gains nor pays; its share falls to the others.
      for (let device = 0; device < weights.length; device += 1) {
        const state = devices[device];
        if (state?.alive !== true) continue;
        const weight = (weights[device] as number) / (follows ? state.slowdown : 1);
        const credit = (credits[device] as number) + weight;
        credits[device] = credit;
        sum += weight;
        if (chosen < 0 || credit > (credits[chosen] as number)) chosen = device;
      }
      if (chosen >= 0) credits[chosen] = (credits[chosen] as number) - sum;
      return chosen;
    },
    next: () => 0,
  };
}
