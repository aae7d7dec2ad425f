import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mulberry32 } from "../../src/random.ts";
import {
  type Architecture,
  architectureName,
  layerPlan,
} from "../../src/training/architectures.ts";
import { initialParameters } from "../../src/training/initial-parameters.ts";
import { Stepper } from "../../src/training/stepper.ts";
import { type Examples, smoothLoss } from "./reference-network.ts";

const FIXTURE = join(import.meta.dir, "..", "fixtures", "training", "gradients.json");

/** Gradient and loss of one step from these parameters. */
function gradientOf(
  architecture: Architecture,
  parameters: Float32Array,
  { mean, scale, smooth = false }: { mean: Float32Array; scale: number; smooth?: boolean },
  { images, labels, weights }: Examples,
): { readonly gradient: Float32Array; readonly loss: number } {
  const options = { architecture, batch: labels.length, mean, scale, smooth };
  const stepper = new Stepper(options, parameters);
  stepper.images.data.set(images);
  stepper.labels.data.set(labels);
  stepper.weights.data.set(weights);
  const loss = stepper.step(0);
  const gradient = stepper.gradient.slice();
  stepper.close();
  return { gradient, loss };
}

/** Both strides, sides that do not halve evenly, pairs whole and begun, one layer and four. */
const ARCHITECTURES: readonly Architecture[] = [
  { side: 33, filters: 2, layers: 3, dense: 4, firstStride: 2 },
  { side: 32, filters: 2, layers: 1, dense: 3, firstStride: 1 },
  { side: 35, filters: 2, layers: 4, dense: 3, firstStride: 1 },
  { side: 50, filters: 3, layers: 2, dense: 2, firstStride: 2 },
];

describe("the training step's gradient", () => {
  const smooth = ARCHITECTURES.map((each) => [architectureName(each), each] as const);

  test.each(smooth)("%s, smooth: is that of finite differences in f64", (_, architecture) => {
    const random = mulberry32(7);
    const pixels = 3 * architecture.side ** 2;
    const mean = Float32Array.from({ length: pixels }, () => 255 * random());
    const scale = 1 / 100;
    const plan = layerPlan(architecture);
    const parameters = initialParameters(plan, random).map((value) => value + 0.1 * random());
    const examples: Examples = {
      images: Uint8Array.from({ length: 2 * pixels }, () => 256 * random()),
      labels: [1, 0],
      weights: [0.7, 0.4],
    };
    const { gradient, loss } = gradientOf(
      architecture,
      parameters,
      { mean, scale, smooth: true },
      examples,
    );
    const wide = Float64Array.from(parameters);
    const lossAt = (): number => smoothLoss(architecture, wide, mean, scale, examples);
    expect(Math.abs(loss - lossAt())).toBeLessThan(1e-5);
    // Some of every tensor's: all would take minutes.
    const chosen = plan.parameters.flatMap(({ offset, count }) =>
      Array.from(
        { length: Math.min(count, 12) },
        (_, index) => offset + Math.floor((index * count) / Math.min(count, 12)),
      ),
    );
    const distance = 1e-5;
    for (const index of chosen) {
      const value = wide[index] as number;
      wide[index] = value + distance;
      const above = lossAt();
      wide[index] = value - distance;
      const below = lossAt();
      wide[index] = value;
      const slope = (above - below) / (2 * distance);
      expect(Math.abs((gradient[index] as number) - slope)).toBeLessThan(1e-5);
    }
    // Not all zeros, which would be as near.
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-2);
  });

  interface TorchCase {
    readonly architecture: Architecture;
    readonly scale: number;
    readonly seed: number;
    readonly labels: readonly number[];
    readonly weights: readonly number[];
    readonly loss: number;
    readonly places: readonly number[];
    readonly gradient: readonly number[];
    readonly norm: number;
  }
  const cases: readonly TorchCase[] = JSON.parse(readFileSync(FIXTURE, "utf8"));

  const named = cases.map((each) => [architectureName(each.architecture), each] as const);

  test.each(named)("%s with ReLU and max pools: is torch's in f64", (_, given) => {
    const { architecture, scale, seed, labels, weights } = given;
    // The generator of scripts/gen-training-fixture.py, in the same order.
    const random = mulberry32(seed);
    const pixels = 3 * architecture.side ** 2;
    const images = Uint8Array.from({ length: labels.length * pixels }, () => 256 * random());
    const mean = Float32Array.from({ length: pixels }, () => 255 * random());
    const parameters = initialParameters(layerPlan(architecture), random);
    const { gradient, loss } = gradientOf(
      architecture,
      parameters,
      { mean, scale },
      { images, labels, weights },
    );
    expect(Math.abs(loss - given.loss)).toBeLessThan(1e-6);
    for (const [index, place] of given.places.entries()) {
      const wanted = given.gradient[index] as number;
      expect(Math.abs((gradient[place] as number) - wanted)).toBeLessThan(1e-6);
    }
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    expect(Math.abs(norm - given.norm)).toBeLessThan(1e-5 * given.norm);
  });
});
