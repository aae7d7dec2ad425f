import { describe, expect, test } from "bun:test";
import { Augmentation } from "../../src/training/augmentation.ts";

/** Random numbers as they are told. */
function told(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0.5;
}

/** One channel of two rows, three times: the same in each channel. */
const three = (values: readonly number[]): number[] => [...values, ...values, ...values];
const MEAN = Float32Array.from(three([10, 50, 20, 80]));
const PICTURE = Uint8Array.from(three([110, 50, 20, 83]));

function changed(
  options: { flip: boolean; brightness: number },
  ...numbers: number[]
): readonly number[] {
  const target = new Uint8Array(12);
  new Augmentation(2, MEAN, options, told(...numbers)).write(PICTURE, target);
  return [...target];
}

describe("Augmentation", () => {
  test("mirrors what stands before the background, and leaves the background", () => {
    // 100 above the mean on the left of the first row, 3 on the right of the second.
    const seen = changed({ flip: true, brightness: 0 }, 0.49, 0.5);
    expect(seen).toEqual(three([10, 150, 23, 80]));
  });

  test("mirrors every other picture, and none where it is not wanted", () => {
    expect(changed({ flip: true, brightness: 0 }, 0.5, 0.5)).toEqual([...PICTURE]);
    expect(changed({ flip: false, brightness: 0 }, 0.1, 0.5)).toEqual([...PICTURE]);
  });

  test("brightens and darkens the picture before its mean is subtracted, within 0 to 255", () => {
    expect(changed({ flip: false, brightness: 0.2 }, 0.9, 1)).toEqual(three([132, 60, 24, 100]));
    expect(changed({ flip: false, brightness: 0.5 }, 0.9, 0)).toEqual(three([55, 25, 10, 42]));
    const bright = new Uint8Array(12);
    const augmentation = new Augmentation(2, MEAN, { flip: true, brightness: 0.9 }, told(0, 1));
    augmentation.write(Uint8Array.from(three([250, 250, 0, 0])), bright);
    // 250 + 10 − 50 = 210 and 250 + 50 − 10 = 290, times 1.9; 0 + 20 − 80 = −60.
    expect([...bright.subarray(0, 4)]).toEqual([255, 255, 0, 114]);
  });

  test("takes two numbers a picture, so that options do not change what follows", () => {
    const numbers = [0.1, 0.2, 0.3];
    const random = (): number => numbers.shift() as number;
    const options = { flip: false, brightness: 0 };
    new Augmentation(2, MEAN, options, random).write(PICTURE, new Uint8Array(12));
    expect(numbers).toEqual([0.3]);
  });
});
