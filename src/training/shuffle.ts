/**
 * Shuffles numbers in place (Fisher–Yates, as in D. E. Knuth, "The Art of Computer Programming",
 * volume 2, §3.4.2, algorithm P).
 *
 * @param random Numbers in [0, 1).
 */
export function shuffle(values: Uint32Array, random: () => number): void {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const value = values[last] as number;
    values[last] = values[other] as number;
    values[other] = value;
  }
}
