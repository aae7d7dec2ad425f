import { mulberry32 } from "./random.ts";

/** How long a simulated device takes for its frames. Ordinals count its frames from 0. */
export interface ServiceTimeOptions {
  /** Mean service time of a frame in ms; 0 answers at once. */
  readonly serviceMs: number;
  /** Coefficient of variation of the lognormal service time; 0 for a constant one. */
  readonly cv: number;
  readonly seed: number;
  /** From this ordinal on, times are multiplied by the factor; applied in order. */
  readonly slowAt: readonly { readonly frame: number; readonly factor: number }[];
  /** The frame of this ordinal takes longer by so much. */
  readonly stallAt?: readonly { readonly frame: number; readonly ms: number }[];
}

/**
 * Service times of a simulated device in ms: a function to call once for each frame, in order.
 *
 * Times are lognormal with mean T = `serviceMs` and coefficient of variation cv:
 * exp(μ + σZ), σ² = ln(1 + cv²), μ = ln T − σ²/2, so that their mean is T exactly. Z is standard
 * normal by the Box–Muller transform (Box and Muller, 1958). Equal seeds give equal times.
 */
export function serviceTimes(options: ServiceTimeOptions): (ordinal: number) => number {
  const { serviceMs, cv, slowAt, stallAt = [] } = options;
  const normal = normals(options.seed);
  const variance = Math.log1p(cv * cv);
  const sigma = Math.sqrt(variance);
  const mu = Math.log(serviceMs) - variance / 2;
  let factor = 1;
  return (ordinal) => {
    for (let index = 0; index < slowAt.length; index++) {
      const step = slowAt[index];
      if (step?.frame === ordinal) factor *= step.factor;
    }
    let stallMs = 0;
    for (let index = 0; index < stallAt.length; index++) {
      const stall = stallAt[index];
      if (stall?.frame === ordinal) stallMs += stall.ms;
    }
    if (serviceMs === 0) return stallMs;
    return stallMs + factor * (sigma === 0 ? serviceMs : Math.exp(mu + sigma * normal()));
  };
}

/** A stream of standard normal numbers: the first of each Box–Muller pair. */
function normals(seed: number): () => number {
  const uniform = mulberry32(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 - u is never 0.
    return radius * Math.cos(2 * Math.PI * uniform());
  };
}
