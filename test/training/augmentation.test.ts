import { describe, expect, test } from "bun:test";
import { Augmentation, type AugmentationOptions } from "../../src/training/augmentation.ts";

/** Random numbers as they are told. */
function told(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0.5;
}

/** One channel of four rows of four, three times: the same in each channel. */
const three = (values: readonly number[]): number[] => [...values, ...values, ...values];
const MEAN = Float32Array.from(three(Array.from({ length: 16 }, (_, index) => 10 * index)));
/** 100 above the mean at the left of the first row, 6 at the right of the last. */
const PICTURE = Uint8Array.from(MEAN, (value, index) => {
  const place = index % 16;
  return value + (place === 0 ? 100 : place === 15 ? 6 : 0);
});
const NOTHING: AugmentationOptions = {
  flip: false,
  brightness: 0,
  shiftX: 0,
  shiftY: 0,
  recolour: 0,
  overlay: 0,
};

/** The first channel's first and last row. */
function changed(options: Partial<AugmentationOptions>, ...numbers: number[]): number[][] {
  const target = new Uint8Array(48);
  const statistics = { mean: MEAN, light: [] };
  const augmentation = new Augmentation(
    4,
    statistics,
    { ...NOTHING, ...options },
    told(...numbers),
  );
  augmentation.write(PICTURE, target);
  expect([...target]).toEqual(three([...target.subarray(0, 16)]));
  return [[...target.subarray(0, 4)], [...target.subarray(12, 16)]];
}

describe("Augmentation", () => {
  test("writes what stands before the background, two grey values a step about 128", () => {
    expect(changed({})).toEqual([
      [178, 128, 128, 128],
      [128, 128, 128, 131],
    ]);
  });

  test("mirrors every other picture, and none where it is not wanted", () => {
    const mirrored = [
      [128, 128, 128, 178],
      [131, 128, 128, 128],
    ];
    expect(changed({ flip: true }, 0.49)).toEqual(mirrored);
    expect(changed({ flip: true }, 0.5)).not.toEqual(mirrored);
    expect(changed({ flip: false }, 0.1)).not.toEqual(mirrored);
  });

  test("makes it stronger or weaker, and leaves the background", () => {
    expect(changed({ brightness: 0.5 }, 0.9, 1)).toEqual([
      [203, 128, 128, 128],
      [128, 128, 128, 133],
    ]);
    expect(changed({ brightness: 0.5 }, 0.9, 0)[0]).toEqual([153, 128, 128, 128]);
  });

  test("moves it sideways, and what leaves at one side comes in at the other", () => {
    // Half of four pixels, to either side.
    const aside = [128, 128, 178, 128];
    expect(changed({ shiftX: 0.5 }, 0.9, 0.5, 0)[0]).toEqual(aside);
    expect(changed({ shiftX: 0.5 }, 0.9, 0.5, 0.999)[0]).toEqual(aside);
    expect(changed({ shiftX: 0.25 }, 0.9, 0.5, 0)[0]).toEqual([128, 178, 128, 128]);
    expect(changed({ shiftX: 0.25, flip: true }, 0, 0.5, 0.999)[0]).toEqual([178, 128, 128, 128]);
  });

  test("moves it up and down in the same way", () => {
    // Rows 0 and 3: by one up, the last row's 131 is in row 2, and row 3 has the first.
    expect(changed({ shiftY: 0.25 }, 0.9, 0.5, 0.5, 0.999)[1]).toEqual([178, 128, 128, 128]);
    expect(changed({ shiftY: 0.25 }, 0.9, 0.5, 0.5, 0)[0]).toEqual([128, 128, 128, 131]);
  });

  test("exchanges the colours of a share of the pictures", () => {
    // Red 20 above the mean, green 40, blue 60: 10, 20 and 30 steps.
    const mean = new Float32Array(48).fill(50);
    const picture = Uint8Array.from(mean, (value, at) => value + 20 * (1 + Math.floor(at / 16)));
    const seen = (...numbers: number[]): number[] => {
      const target = new Uint8Array(48);
      const options = { ...NOTHING, recolour: 0.5 };
      new Augmentation(4, { mean, light: [] }, options, told(...numbers)).write(picture, target);
      return [0, 16, 32].map((at) => (target[at] as number) - 128);
    };
    expect(seen(0.9, 0.5, 0.5, 0.5, 0.5)).toEqual([10, 20, 30]);
    expect(seen(0.9, 0.5, 0.5, 0.5, 0)).toEqual([10, 30, 20]);
    expect(seen(0.9, 0.5, 0.5, 0.5, 0.49)).toEqual([30, 20, 10]);
    const orders = [0, 0.1, 0.2, 0.3, 0.4].map((number) => seen(0.9, 0.5, 0.5, 0.5, number).join());
    expect(new Set(orders).size).toBe(5);
  });

  test("takes the light away first", () => {
    const target = new Uint8Array(48);
    const light = [new Float32Array(48).fill(1 / Math.sqrt(48))];
    const brighter = Uint8Array.from(MEAN, (value) => value + 30);
    new Augmentation(4, { mean: MEAN, light }, NOTHING, told()).write(brighter, target);
    expect([...target]).toEqual(Array(48).fill(128));
  });

  test("lays another picture behind what one shows", () => {
    const target = new Uint8Array(48);
    const augmentation = new Augmentation(4, { mean: MEAN, light: [] }, NOTHING, told());
    augmentation.write(PICTURE, target);
    // 40 above the mean everywhere, so 20 steps; the first pixel is taken, and so is no other: 3
    // steps, at the right of the last row, are noise.
    const other = Uint8Array.from(MEAN, (value) => value + 40);
    augmentation.layBehind(other, target);
    expect([...target]).toEqual(three([178, ...Array<number>(15).fill(148)]));
  });

  test.each([0, 1, 2])(
    "a pixel that shows something in colour %d is not seen through",
    (colour) => {
      const [mean, target] = [new Float32Array(48).fill(100), new Uint8Array(48)];
      const augmentation = new Augmentation(4, { mean, light: [] }, NOTHING, told());
      // Eight grey values are four steps, which are enough.
      const darker = Uint8Array.from(mean, (value, at) => value - (at === 16 * colour ? 8 : 0));
      augmentation.write(darker, target);
      const other = Uint8Array.from(mean, (value) => value + 20);
      augmentation.layBehind(other, target);
      const first = [0, 16, 32].map((at) => target[at]);
      expect(first).toEqual([0, 1, 2].map((each) => (each === colour ? 124 : 128)));
      expect([1, 17, 33].map((at) => target[at])).toEqual([138, 138, 138]);
    },
  );

  test("takes five numbers a picture, so that options do not change what follows", () => {
    const numbers = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
    const random = (): number => numbers.shift() as number;
    const statistics = { mean: MEAN, light: [] };
    new Augmentation(4, statistics, NOTHING, random).write(PICTURE, new Uint8Array(48));
    expect(numbers).toEqual([0.6]);
  });
});
