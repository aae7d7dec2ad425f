import { type Combination, instanceCount } from "../../src/calibration/combination.ts";
import type { InstanceTrial } from "../../src/calibration/figures.ts";

/** How a made-up device behaves: X(k) = min(k / ΣD, 1 / D_max), latency = k / X. */
export interface FakeDevice {
  /** Time of a frame alone, in ms. */
  readonly aloneMs: number;
  /** Time of a frame on what its replicas share, in ms. */
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
    const fps = Math.min((1000 * replicas) / aloneMs, 1000 / sharedMs) / replicas / slowdown;
    return Array.from({ length: replicas }, () => fakeTrial(variant.kind, 1000 / fps));
  });
}

/** A hundred frames of the same time. */
export function fakeTrial(kind: string, frameMs: number): InstanceTrial {
  const frames = 100;
  return {
    station: { instance: { kind }, memoryMb: 10 },
    fps: 1000 / frameMs,
    trial: {
      frames,
      elapsedMs: frames * frameMs,
      failures: 0,
      serviceMs: new Float64Array(frames).fill(frameMs),
      stages: { preprocess: 1, inference: frameMs - 2, postprocess: 1 },
    },
  };
}
