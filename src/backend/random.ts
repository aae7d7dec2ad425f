/** A stream of pseudo-random numbers. */
export interface RandomStream {
  /** The next number, uniform in [0, 1). */
  uniform(): number;
  /** The next number of the standard normal distribution. */
  normal(): number;
}

/**
 * A seeded stream: the same seed gives the same numbers on every machine. Uniform numbers come
 * from mulberry32 (T. Ettinger's 32-bit mixer over a Weyl sequence), normal ones from them by the
 * Box–Muller transform (Box and Muller, 1958), one of each pair.
 */
export function randomStream(seed: number): RandomStream {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 - u is never 0.
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { uniform, normal };
}

/**
 * Parameters of the lognormal distribution with mean T and coefficient of variation cv:
 * σ² = ln(1 + cv²), μ = ln T − σ²/2, so that E[exp(μ + σZ)] = T exactly.
 */
export function lognormalParameters(
  mean: number,
  cv: number,
): { readonly mu: number; readonly sigma: number } {
  const variance = Math.log1p(cv * cv);
  return { mu: Math.log(mean) - variance / 2, sigma: Math.sqrt(variance) };
}
