import { mulberry32 } from "./random.ts";

/** How long a simulated device takes for its frames. Ordinals count its frames from 0. */
export interface ServiceTimeOptions {
  /** Mean service time of a frame in ms; 0 answers at once. */
  readonly serviceMs: number;
  /** Coefficient of variation of the lognormal service time; 0 for a constant one. */
  readonly cv: number;
  /** Times that were measured, as shares of their mean, to draw from instead. */
  readonly shape?: readonly number[];
  readonly seed: number;
  /** From this ordinal on, times are multiplied by the factor; applied in order. */
  readonly slowAt: readonly { readonly frame: number; readonly factor: number }[];
  /** Time each further frame of a call adds, as a share of the first one's. Default 1. */
  readonly batchCost?: number;
  /** The frame of this ordinal takes longer by so much. */
  readonly stallAt?: readonly { readonly frame: number; readonly ms: number }[];
}

/**
 * Service times of a simulated device in ms: a function to call once for each call of the device,
 * in order, with the ordinal of its first frame and the number of its frames.
 *
 * Times are lognormal with mean T = `serviceMs` and coefficient of variation cv:
 * exp(μ + σZ), σ² = ln(1 + cv²), μ = ln T − σ²/2, so that their mean is T exactly. Z is standard
 * normal by the Box–Muller transform (Box and Muller, 1958). Equal seeds give equal times. A call
 * of n frames takes 1 + (n − 1)·`batchCost` times as long as one of a single frame.
 */
export function serviceTimes(
  options: ServiceTimeOptions,
): (ordinal: number, count?: number) => number {
  const { serviceMs, slowAt, stallAt = [], batchCost = 1 } = options;
  const draw = options.shape === undefined ? lognormals(options) : samples(options.shape, options);
  let factor = 1;
  return (ordinal, count = 1) => {
    const end = ordinal + count;
    for (let index = 0; index < slowAt.length; index++) {
      const step = slowAt[index] as (typeof slowAt)[number];
      if (step.frame >= ordinal && step.frame < end) factor *= step.factor;
    }
    let stallMs = 0;
    for (let index = 0; index < stallAt.length; index++) {
      const stall = stallAt[index] as (typeof stallAt)[number];
      if (stall.frame >= ordinal && stall.frame < end) stallMs += stall.ms;
    }
    if (serviceMs === 0) return stallMs;
    return stallMs + factor * (1 + (count - 1) * batchCost) * draw();
  };
}

type Draw = Pick<ServiceTimeOptions, "serviceMs" | "cv" | "seed">;

function lognormals({ serviceMs, cv, seed }: Draw): () => number {
  const normal = normals(seed);
  const variance = Math.log1p(cv * cv);
  const sigma = Math.sqrt(variance);
  const mu = Math.log(serviceMs) - variance / 2;
  return () => (sigma === 0 ? serviceMs : Math.exp(mu + sigma * normal()));
}

function samples(shape: readonly number[], { serviceMs, seed }: Draw): () => number {
  const uniform = mulberry32(seed);
  return () => serviceMs * (shape[Math.floor(uniform() * shape.length)] as number);
}

/** A stream of standard normal numbers: the first of each Box–Muller pair. */
function normals(seed: number): () => number {
  const uniform = mulberry32(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 - u is never 0.
    return radius * Math.cos(2 * Math.PI * uniform());
  };
}
