import { expect, test } from "bun:test";
import { tensor } from "../../src/native/graph-tensor.ts";
import { mulberry32 } from "../../src/random.ts";
import type { AugmentationOptions } from "../../src/training/augmentation.ts";
import { Epochs } from "../../src/training/epochs.ts";
import { DEFAULT_SETTINGS } from "../../src/training/options.ts";
import type { Stepper } from "../../src/training/stepper.ts";

const SIDE = 32;
const BYTES = 3 * SIDE * SIDE;
const COUNT = 10;
const STILL = { flip: false, brightness: 0, shiftX: 0, shiftY: 0, recolour: 0, overlay: 0 };

interface Step {
  readonly pictures: readonly number[];
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly rate: number;
}

/** Epochs over ten pictures, each filled with twice its own number, whose first three show the object. */
function steps(epochs: number, augmentation: Partial<AugmentationOptions> = {}): Step[] {
  const images = Uint8Array.from({ length: COUNT * BYTES }, (_, at) => 2 * Math.floor(at / BYTES));
  const labels = Uint8Array.from({ length: COUNT }, (_, index) => (index < 3 ? 1 : 0));
  const seen: Step[] = [];
  const batch = { images: tensor("u8", [4, 3, SIDE, SIDE]) };
  const [given, weights] = [tensor("f32", [4, 1]), tensor("f32", [4, 1])];
  const stepper = {
    ...batch,
    labels: given,
    weights,
    step: (rate: number): number => {
      // Two grey values a step about 128, as the background is black.
      const pictures = [0, 1, 2, 3].map((place) => (batch.images.data[place * BYTES] ?? 0) - 128);
      seen.push({ pictures, labels: [...given.data], weights: [...weights.data], rate });
      return 1;
    },
  } as unknown as Stepper;
  const set = { images, labels };
  const runs = new Epochs({
    task: {
      architecture: { side: SIDE, filters: 1, layers: 1, dense: 1, firstStride: 2 },
      training: set,
      validation: set,
      settings: {
        ...DEFAULT_SETTINGS,
        ...{
          batch: 4,
          epochs,
          augmentation: { ...STILL, ...augmentation },
        },
      },
    },
    statistics: { mean: new Float32Array(BYTES), light: [] },
    stepper,
    order: Uint32Array.from(labels.keys()),
    weights: { absent: 4, present: 8 },
    random: mulberry32(1),
    ...{ attempt: 1, onProgress: () => {}, isStopped: () => false },
  });
  // Three steps of loss 1, each the mean of four places: 12 for ten examples.
  for (let epoch = 1; epoch <= epochs; epoch += 1) expect(runs.run(epoch)).toBeCloseTo(1.2, 12);
  return seen;
}

test("Epochs shows every picture once an epoch, in another order each time", () => {
  const seen = steps(2);
  expect(seen).toHaveLength(6);
  // The last step has two pictures, and stale ones in the places behind them.
  const orders = [seen.slice(0, 3), seen.slice(3)].map((epoch) =>
    epoch.flatMap(({ pictures }) => pictures).slice(0, COUNT),
  );
  for (const order of orders) {
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
  expect(orders[0]).not.toEqual(orders[1]);
});

test("Epochs weighs each example by its kind and its share of the batch, places without one by 0", () => {
  for (const [index, { pictures, labels, weights }] of steps(1).entries()) {
    for (const [place, picture] of pictures.entries()) {
      const isFilled = index < 2 || place < 2;
      expect(weights[place]).toBe(isFilled ? (picture < 3 ? 2 : 1) : 0);
      if (isFilled) expect(labels[place]).toBe(picture < 3 ? 1 : 0);
    }
  }
});

test("Epochs lays pictures without the object behind a share of all", () => {
  const behind = (overlay: number): number => {
    let count = 0;
    for (const { pictures, labels, weights } of steps(50, { overlay })) {
      for (const [place, picture] of pictures.entries()) {
        // The first three show the object, and less than four steps: another is seen through them.
        if (weights[place] === 0 || labels[place] === 0 || picture < 3) continue;
        expect(picture).toBeLessThan(COUNT);
        count += 1;
      }
    }
    return count;
  };
  expect(behind(0)).toBe(0);
  // Of 150: binomial, within five standard deviations.
  expect(Math.abs(behind(0.5) - 75)).toBeLessThan(31);
  expect(behind(0.999)).toBeGreaterThan(140);
});

test("Epochs takes the rate from step to step over all epochs", () => {
  const rates = steps(20).map(({ rate }) => rate);
  // 60 steps, the first three of which warm up to 2·10⁻³.
  for (const [index, share] of [1 / 4, 2 / 4, 3 / 4, 1].entries()) {
    expect(rates[index]).toBeCloseTo(2e-3 * share, 12);
  }
  expect(rates.at(-1)).toBeLessThan(2e-5);
  expect(rates.slice(3)).toEqual(rates.slice(3).toSorted((a, b) => b - a));
});
