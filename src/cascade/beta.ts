/** Lanczos' approximation with g = 7 and nine terms; errors below 1e-14 for x > 0. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];
const LANCZOS_G = 7;
/** The continued fraction settles in about √max(a, b) terms. */
const TERMS_MAX = 20_000;
const PRECISION = 1e-15;
/** What `betaCdf` allows for: logarithms of gamma cancel. */
const QUANTILE_PRECISION = 1e-10;
/** Halvings alone would do with a thousand down to the smallest double. */
const STEPS_MAX = 1000;

/**
 * Regularised incomplete beta function I_x(a, b): the probability that a Beta(a, b) variable is
 * below x. DLMF 8.17.22, evaluated from the front (Lentz's method).
 *
 * @param x 0–1
 * @param a above 0
 * @param b above 0
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly below the mean; above it the mirrored one does.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const logFront =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return (Math.exp(logFront) * betaFraction(x, a, b)) / a;
}

/**
 * The value that a Beta(a, b) variable is below with this probability: the inverse of `betaCdf`, by
 * Newton's method where it stays between what is known too low and too high, else by halving.
 *
 * @param probability 0–1
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  const logScale = logGamma(a + b) - logGamma(a) - logGamma(b);
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const difference = betaCdf(x, a, b) - probability;
    if (difference < 0) low = x;
    else high = x;
    const density = Math.exp(logScale + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));
    const newton = x - difference / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= QUANTILE_PRECISION * x) return next;
    x = next;
  }
  return x;
}

/**
 * One-sided quantile of Student's t, through the beta distribution: t² = ν(1 − x)/x.
 *
 * @param probability above 0.5
 * @param degrees degrees of freedom ν
 */
export function studentQuantile(probability: number, degrees: number): number {
  const x = betaQuantile(2 * (1 - probability), degrees / 2, 0.5);
  return Math.sqrt((degrees * (1 - x)) / x);
}

function logGamma(x: number): number {
  const shifted = x - 1;
  let sum = LANCZOS[0] as number;
  for (let term = 1; term < LANCZOS.length; term += 1) {
    sum += (LANCZOS[term] as number) / (shifted + term);
  }
  const t = shifted + LANCZOS_G + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The continued fraction of DLMF 8.17.22 without its front factor. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= TERMS_MAX; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) return value;
  }
  throw new RangeError(`betaCdf(${x}, ${a}, ${b}) does not converge`);
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}
