import { type Combination, instanceCount } from "../../src/calibration/combination.ts";
import type { InstanceTrial } from "../../src/calibration/figures.ts";

/** How a made-up device behaves: X(k) = min(k / ΣD, 1 / D_max), latency = k / X. */
export interface FakeDevice {
  /** Time of a call alone, in ms. */
  readonly aloneMs: number;
  /** Time of a call on what its replicas share, in ms. */
  readonly sharedMs: number;
}

/** What a trial of these devices would measure; `slowdown` stretches all times of a round. */
export function fakeTrials(
  combination: Combination,
  device: (name: string, total: number) => FakeDevice,
  slowdown = 1,
): readonly InstanceTrial[] {
  const total = instanceCount(combination);
  return combination.flatMap(({ variant, replicas }) => {
    const { aloneMs, sharedMs } = device(variant.device, total);
    const rate = Math.min((1000 * replicas) / aloneMs, 1000 / sharedMs) / replicas / slowdown;
    return Array.from({ length: replicas }, () =>
      fakeTrial(variant.kind, 1000 / rate, variant.batch),
    );
  });
}

/** A hundred calls of the same time. */
export function fakeTrial(kind: string, callMs: number, batch = 1): InstanceTrial {
  const calls = 100;
  return {
    station: { instance: { kind }, memoryMb: 10, batchCost: batch === 1 ? 1 : 0.25 },
    fps: (1000 * batch) / callMs,
    trial: {
      frames: calls * batch,
      elapsedMs: calls * callMs,
      failures: 0,
      callMs: new Float64Array(calls).fill(callMs),
      stages: { preprocess: 1, inference: callMs - 2, postprocess: 1 },
    },
  };
}
