import { describe, expect, test } from "bun:test";
import { mulberry32 } from "../../src/random.ts";
import { type Architecture, layerPlan } from "../../src/training/architectures.ts";
import { initialParameters } from "../../src/training/initial-parameters.ts";
import { networkModel } from "../../src/training/network-graph.ts";
import { NetworkScorer } from "../../src/training/network-scorer.ts";
import { Stepper } from "../../src/training/stepper.ts";

const ARCHITECTURE: Architecture = { side: 37, filters: 4, layers: 3, dense: 8, firstStride: 2 };
const PIXELS = 3 * 37 * 37;
const random = mulberry32(5);
const parameters = initialParameters(layerPlan(ARCHITECTURE), random);
const mean = Float32Array.from({ length: PIXELS }, () => 255 * random());
const scale = 1 / 90;
const images = Uint8Array.from({ length: 3 * PIXELS }, () => 256 * random());

/** A stepper over three pictures, the last of which does not count. */
function stepper(labels: readonly number[], weights: readonly number[]): Stepper {
  const made = new Stepper({ architecture: ARCHITECTURE, batch: 3, mean, scale }, parameters);
  made.images.data.set(images);
  made.labels.data.set(labels);
  made.weights.data.set(weights);
  return made;
}

describe("Stepper", () => {
  test("its loss is that of the network as it is written out, mean and scale inside", () => {
    const scorer = new NetworkScorer(
      networkModel({ architecture: ARCHITECTURE, parameters, mean, scale }),
    );
    const scores = new Float32Array(3);
    scorer.score(images, 3, scores);
    scorer.close();
    const training = stepper([1, 0, 1], [0.5, 2, 0]);
    const loss = training.step(0);
    training.close();
    const [first = 0, second = 0] = scores;
    expect(loss).toBeCloseTo(-0.5 * Math.log(first) - 2 * Math.log(1 - second), 5);
  });

  test("Adam's first step moves every parameter by the rate, against its gradient", () => {
    const training = stepper([1, 0, 1], [0.5, 0.5, 0.5]);
    const rate = 1e-3;
    training.step(rate);
    const { gradient, parameters: moved } = training;
    let seen = 0;
    for (const [index, slope] of gradient.entries()) {
      // Where the gradient is far above epsilon.
      if (Math.abs(slope) < 1e-3) continue;
      seen += 1;
      const step = (moved[index] as number) - (parameters[index] as number);
      expect(Math.abs(step + rate * Math.sign(slope))).toBeLessThan(1e-6);
    }
    expect(seen).toBeGreaterThan(200);
    training.close();
  });

  test("Adam's moments go on from step to step", () => {
    // A logit's bias alone: z = b, one picture, gradient sigmoid(b) − 1, by hand in double precision.
    const zeros = new Float32Array(parameters.length);
    const training = new Stepper({ architecture: ARCHITECTURE, batch: 1, mean, scale }, zeros);
    training.labels.data.fill(1);
    training.weights.data.fill(1);
    let [bias, first, second] = [0, 0, 0];
    for (let step = 1; step <= 5; step += 1) {
      training.step(0.1);
      const gradient = 1 / (1 + Math.exp(-bias)) - 1;
      first = 0.9 * first + 0.1 * gradient;
      second = 0.999 * second + 0.001 * gradient ** 2;
      const [m, v] = [first / (1 - 0.9 ** step), second / (1 - 0.999 ** step)];
      bias -= (0.1 * m) / (Math.sqrt(v) + 1e-8);
      expect(training.parameters.at(-1)).toBeCloseTo(bias, 5);
    }
    training.close();
  });
});

describe("NetworkScorer", () => {
  const model = networkModel({ architecture: ARCHITECTURE, parameters, mean, scale });

  test("scores any number, in batches and one by one alike", () => {
    const scorer = new NetworkScorer(model, { batchMax: 2 });
    const scores = new Float32Array(3);
    scorer.score(images, 3, scores);
    for (let index = 0; index < 3; index += 1) {
      scorer.pictures.set(images.subarray(index * PIXELS, (index + 1) * PIXELS));
      expect(scorer.run(1)[0]).toBeCloseTo(scores[index] as number, 6);
    }
    expect(() => scorer.run(3)).toThrow("a call takes 1 to 2 pictures, not 3");
    scorer.close();
  });

  test("refuses a model that is no such network", async () => {
    const other = new Uint8Array(
      await Bun.file(new URL("../fixtures/native/picture_u8.onnx", import.meta.url)).arrayBuffer(),
    );
    expect(() => new NetworkScorer(other)).toThrow("A specialized network reads images");
  });
});
