/** What every picture of a fixed camera has in common. */
export interface PictureStatistics {
  /** Mean picture, f32, as long as one picture, 0–255. */
  readonly mean: Float32Array;
  /** One over the standard deviation of what is left without it. */
  readonly scale: number;
}

/** Deviations below it are noise, and are not blown up; grey values. */
const DEVIATION_MIN = 4;

/**
 * The mean picture, and the scale that brings the rest to a deviation of 1.
 *
 * A fixed camera's background is most of every picture; without it a rare object is most of what is
 * left.
 *
 * @param images u8, `count` pictures of `pictureBytes` each, one behind the other
 */
export function pictureStatistics(
  images: Uint8Array,
  count: number,
  pictureBytes: number,
): PictureStatistics {
  const sums = new Float64Array(pictureBytes);
  const squares = new Float64Array(pictureBytes);
  for (let picture = 0; picture < count; picture += 1) {
    const from = picture * pictureBytes;
    for (let index = 0; index < pictureBytes; index += 1) {
      const value = images[from + index] as number;
      sums[index] = (sums[index] as number) + value;
      squares[index] = (squares[index] as number) + value * value;
    }
  }
  let variance = 0;
  const mean = new Float32Array(pictureBytes);
  for (let index = 0; index < pictureBytes; index += 1) {
    const average = (sums[index] as number) / count;
    mean[index] = average;
    variance += (squares[index] as number) / count - average * average;
  }
  const deviation = Math.sqrt(Math.max(0, variance / pictureBytes));
  return { mean, scale: 1 / Math.max(DEVIATION_MIN, deviation) };
}
