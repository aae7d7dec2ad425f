import { type Address, check, library } from "./library.ts";

/**
 * Draws boxes with their labels over the pixels of slots, in place: lines and letters in measure with
 * the picture, a colour for each class.
 *
 * @example
 * ```ts
 * const painter = new BoxPainter(["person", "car"]);
 * painter.draw(slotAddress, resultAddress);
 * ```
 */
export class BoxPainter {
  readonly #labels: Uint8Array;
  readonly #count: number;

  /** @param labels class names, class 0 first; an empty one is shown as its number */
  constructor(labels: readonly string[]) {
    this.#labels = labelText(labels);
    this.#count = labels.length;
  }

  /**
   * Draws a result block's detections over the picture of a slot. HOT: one native call.
   * @throws {AipError} `annotate-failed`
   */
  draw(slot: Address, result: Address): void {
    const status = library().aip_annotate(slot, result, this.#labels, this.#count);
    if (status !== 0) check(status, "annotate-failed");
  }
}

/** Class names as `aip_annotate` wants them: each ended by a NUL, in memory that does not move. */
function labelText(labels: readonly string[]): Uint8Array {
  const encoded = new TextEncoder().encode(labels.map((label) => `${label}\0`).join(""));
  const bytes = new Uint8Array(new SharedArrayBuffer(encoded.length + 1));
  bytes.set(encoded);
  return bytes;
}
