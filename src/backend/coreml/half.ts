const FRACTION_BITS = 10;
const EXPONENT_SPECIAL = 31;

/** IEEE 754 half precision as single. */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, halfToFloat);
}

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> FRACTION_BITS) & EXPONENT_SPECIAL;
  const fraction = (bits & 0x3ff) / 2 ** FRACTION_BITS;
  if (exponent === EXPONENT_SPECIAL) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  // The smallest numbers have no leading one.
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}
