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
  /** Behind what it shows, this share of the pictures also show what another one without it does. */
  readonly overlay: number;
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
/** Steps from the background, in any colour, from which on a pixel is taken to show something. */
export const SHOWN_MIN = 4;

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
  readonly #behind: Uint8Array;

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
    this.#behind = new Uint8Array(statistics.mean.length);
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

  /**
   * Lays another picture, changed in its own way, behind what a written one shows: it is seen where
   * that shows nothing but background.
   *
   * What moves before a fixed camera moves by itself, but where the object is rare few pictures have
   * both it and anything else, and a network takes a bus for a sign that nobody is there. Pasting
   * what was cut out of one picture into another is G. Ghiasi et al., "Simple Copy-Paste is a Strong
   * Data Augmentation Method for Instance Segmentation", CVPR 2021; here the background that is
   * taken away does the cutting.
   *
   * HOT: many examples of every epoch.
   */
  layBehind(picture: Uint8Array, target: Uint8Array): void {
    const behind = this.#behind;
    this.write(picture, behind);
    const plane = this.#side * this.#side;
    for (let pixel = 0; pixel < plane; pixel += 1) {
      const green = pixel + plane;
      const blue = green + plane;
      if (isShown(target[pixel]) || isShown(target[green]) || isShown(target[blue])) continue;
      target[pixel] = behind[pixel] as number;
      target[green] = behind[green] as number;
      target[blue] = behind[blue] as number;
    }
  }
}

function isShown(value: number | undefined): boolean {
  return Math.abs((value as number) - FOREGROUND_ZERO) >= SHOWN_MIN;
}
