export interface AugmentationOptions {
  /** Half of the pictures are mirrored, left to right. */
  readonly flip: boolean;
  /** Each is multiplied by a factor from 1 − this to 1 + this. */
  readonly brightness: number;
}

const LEVELS = 256;

/**
 * Copies pictures into a batch, changed at random.
 *
 * What is mirrored is what a picture shows before its background: the mean picture stays where it
 * is, as in x' = mirror(x − mean) + mean. A mirrored background would be one that this camera never
 * sees, and would differ from the mean picture everywhere.
 */
export class Augmentation {
  readonly #side: number;
  readonly #options: AugmentationOptions;
  readonly #random: () => number;
  /** mean − mirror(mean), rounded. */
  readonly #backgroundShift: Int16Array;
  /** New values of −255 to 510, the 255 added to be an index. */
  readonly #values = new Uint8ClampedArray(3 * LEVELS);

  /**
   * @param mean Mean picture, f32 [3, side, side], 0–255.
   * @param random Numbers in [0, 1); two are taken for each picture.
   */
  constructor(
    side: number,
    mean: Float32Array,
    options: AugmentationOptions,
    random: () => number,
  ) {
    this.#side = side;
    this.#options = options;
    this.#random = random;
    this.#backgroundShift = Int16Array.from(mean, (value, index) =>
      Math.round(value - (mean[mirrored(index, side)] as number)),
    );
  }

  /**
   * Writes a changed picture.
   *
   * HOT: every example of every epoch.
   */
  write(picture: Uint8Array, target: Uint8Array): void {
    const { flip, brightness } = this.#options;
    const isFlipped = this.#random() < 0.5 && flip;
    const factor = 1 + brightness * (2 * this.#random() - 1);
    const values = this.#values;
    for (let level = 0; level < 3 * LEVELS; level += 1) values[level] = (level - 255) * factor;
    if (isFlipped) this.#writeFlipped(picture, target);
    else {
      for (let index = 0; index < picture.length; index += 1) {
        target[index] = values[(picture[index] as number) + 255] as number;
      }
    }
  }

  #writeFlipped(picture: Uint8Array, target: Uint8Array): void {
    const [side, values, shift] = [this.#side, this.#values, this.#backgroundShift];
    for (let row = 0; row < picture.length; row += side) {
      const last = row + row + side - 1;
      for (let index = row; index < row + side; index += 1) {
        const value = (picture[last - index] as number) + (shift[index] as number);
        target[index] = values[value + 255] as number;
      }
    }
  }
}

/** Index of the pixel in the same row that a mirror puts here. */
function mirrored(index: number, side: number): number {
  const row = index - (index % side);
  return row + side - 1 - (index - row);
}
