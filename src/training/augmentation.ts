import { Foreground, type PictureStatistics } from "./picture-statistics.ts";

export interface AugmentationOptions {
  /** Half of the pictures are mirrored, left to right. */
  readonly flip: boolean;
  /** What is before the background is multiplied by a factor from 1 − this to 1 + this. */
  readonly brightness: number;
  /** It is moved to the left or right by up to this share of the side; what leaves comes in again. */
  readonly shiftX: number;
  /** And up or down. */
  readonly shiftY: number;
  /** In this share of the pictures its colours are exchanged: who wears red may wear blue. */
  readonly recolour: number;
}

/** Orders of red, green and blue, but for the usual one. */
const ORDERS = [
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
const USUAL_ORDER = [0, 1, 2] as const;

/** A batch's pictures: this value stands for the background, … */
export const FOREGROUND_ZERO = 128;
/** … and one more for so many grey values more, so that all of −255 to 255 has room. */
export const FOREGROUND_STEP = 2;

/**
 * Copies pictures into a batch: what they show before their background, changed at random.
 *
 * The background, with the light on it, is taken away first: a mirrored street would be one that
 * this camera never sees.
 */
export class Augmentation {
  readonly #side: number;
  readonly #options: AugmentationOptions;
  readonly #random: () => number;
  readonly #foreground: Foreground;

  /** @param random Numbers in [0, 1); five are taken for each picture. */
  constructor(
    side: number,
    statistics: Pick<PictureStatistics, "mean" | "light">,
    options: AugmentationOptions,
    random: () => number,
  ) {
    this.#side = side;
    this.#options = options;
    this.#random = random;
    this.#foreground = new Foreground(statistics);
  }

  /**
   * Writes a changed picture: `FOREGROUND_ZERO` is the background.
   *
   * HOT: every example of every epoch.
   */
  write(picture: Uint8Array, target: Uint8Array): void {
    const { flip, brightness, shiftX, shiftY, recolour } = this.#options;
    const side = this.#side;
    const step = this.#random() < 0.5 && flip ? -1 : 1;
    const factor = (1 + brightness * (2 * this.#random() - 1)) / FOREGROUND_STEP;
    const movedX = Math.round(shiftX * side * (2 * this.#random() - 1));
    const movedY = Math.round(shiftY * side * (2 * this.#random() - 1));
    const colour = this.#random() / recolour;
    const order = ORDERS[Math.floor(colour * ORDERS.length)] ?? USUAL_ORDER;
    const rest = this.#foreground.of(picture);
    const first = ((step === 1 ? 0 : side - 1) + movedX + side) % side;
    let index = 0;
    for (const channel of order) {
      for (let row = 0; row < side; row += 1) {
        const from = (channel * side + ((row + movedY + side) % side)) * side;
        let column = first;
        for (const end = index + side; index < end; index += 1) {
          const value = FOREGROUND_ZERO + factor * (rest[from + column] as number);
          target[index] = Math.min(255, Math.max(0, Math.round(value)));
          column += step;
          if (column === side) column = 0;
          else if (column < 0) column = side - 1;
        }
      }
    }
  }
}
