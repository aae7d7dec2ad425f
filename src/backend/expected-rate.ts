/**
 * Frames a second to expect of a device before anything was measured, for a small detector. Only
 * their ratios matter, and only for fixed-share schedules; measured on YOLOX-Nano at 416×416
 * (CPU thread about 50–130, llvmpipe 2–4), with hardware GPUs and the ANE set an order above.
 */
const RATE_OF_CPU_THREAD = 60;
const RATE_OF_ACCELERATOR = 600;
const RATE_OF_SOFTWARE_GPU = 3;
/** Two threads in one session reached 1.5–1.6 times one thread: about the power 0.65. */
const THREAD_SCALING = 0.65;
/** A simulated device without a service time is as fast as its dispatch. */
const SIMULATED_MS_MIN = 0.01;

/** Expected frames a second of an instance of a real device. */
export function expectedRate(kind: string, software: boolean, threadCount: number): number {
  if (kind === "cpu") return RATE_OF_CPU_THREAD * threadCount ** THREAD_SCALING;
  return software ? RATE_OF_SOFTWARE_GPU : RATE_OF_ACCELERATOR;
}

/** Expected frames a second of a simulated device, in calls of `batch` frames. */
export function simulatedRate(serviceMs: number, batch = 1, batchCost = 1): number {
  const callMs = serviceMs * (1 + (batch - 1) * batchCost);
  return 1000 / Math.max(callMs / batch, SIMULATED_MS_MIN);
}

/**
 * Weights for fixed-share schedules: proportional to the rates, the slowest being 1. A weight
 * given by the user stands as it is.
 *
 * @example
 * ```ts
 * relativeWeights([{ rate: 50 }, { rate: 20 }, { rate: 10 }]); // [5, 2, 1]
 * ```
 */
export function relativeWeights(
  instances: readonly { readonly rate: number; readonly weight?: number | undefined }[],
): readonly number[] {
  const slowest = Math.min(...instances.map(({ rate }) => rate));
  return instances.map(({ rate, weight }) => weight ?? rate / slowest);
}
